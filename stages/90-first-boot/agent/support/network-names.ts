import type { DeviceLook } from '../device/door.ts';

/** Names of the Wi-Fi networks that this device knows or sees; none if nobody can tell. */
export async function networkNames(look: DeviceLook): Promise<readonly string[]> {
  const options = { timeoutMs: 8_000 };
  const [known, seen] = await Promise.all([
    look.run('nmcli', ['-t', '-f', 'TYPE,NAME', 'connection', 'show'], options),
    look.run('nmcli', ['-t', '-f', 'SSID', 'device', 'wifi', 'list', '--rescan', 'no'], options),
  ]);
  const saved = linesOf(known).flatMap((line) => /^802-11-wireless:(.+)$/.exec(line)?.[1] ?? []);
  return [...saved, ...linesOf(seen)].map((name) => name.replaceAll(/\\(.)/g, '$1'));
}

function linesOf({ exitCode, stdout }: { readonly exitCode: number; readonly stdout: string }): string[] {
  return exitCode === 0 ? stdout.split('\n').filter((line) => line !== '' && line !== '--') : [];
}
