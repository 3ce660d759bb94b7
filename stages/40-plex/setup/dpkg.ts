import type { DeviceLook } from '../../90-first-boot/agent/device/door.ts';

/** State and version of a package as dpkg knows them (`installed 1.2-3`); undefined: it never heard of it. */
export async function packageState(
  device: Pick<DeviceLook, 'run'>,
  name: string,
): Promise<string | undefined> {
  const format = `\${db:Status-Status} \${Version}`;
  const found = await device.run('dpkg-query', ['-W', '-f', format, name]);
  return found.exitCode === 0 ? found.stdout.trim() : undefined;
}

/** Version of a package that is installed as a whole; undefined if it is not. */
export async function installedVersion(
  device: Pick<DeviceLook, 'run'>,
  name: string,
): Promise<string | undefined> {
  return /^installed (.+)$/.exec((await packageState(device, name)) ?? '')?.[1];
}

/** Whether a version is not older than another one. */
export async function isAtLeast(
  device: Pick<DeviceLook, 'run'>,
  version: string,
  minimum: string,
): Promise<boolean> {
  return (await device.run('dpkg', ['--compare-versions', version, 'ge', minimum])).exitCode === 0;
}
