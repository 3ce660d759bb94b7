import { runInSandbox } from '../host/sandbox.ts';
import type { ToolsTree } from '../host/tools-tree.ts';
import type { ArchiveBases, PackageFile } from './package-file.ts';

/**
 * Debian's snapshot archive keeps every package that was ever published. Its addresses, with @SNAPSHOTID@ for the time, are
 * those that apt itself has built in (apt.conf(5), Acquire::Snapshots).
 */
export async function snapshotAddresses(tools: ToolsTree): Promise<ArchiveBases> {
  const { stdout } = await runInSandbox({
    command: ['apt-config', 'dump', 'Acquire::Snapshots'],
    tools,
    network: false,
  });
  return parseSnapshots(stdout);
}

/** The addresses in the output of apt-config; '' where apt knows none. */
export function parseSnapshots(text: string): ArchiveBases {
  const address = (key: string) =>
    new RegExp(`^Acquire::Snapshots::URI::${key} "([^"]+)"`, 'm').exec(text)?.[1] ?? '';
  return { main: address('Origin::Debian'), security: address('Override::Label::Debian-Security') };
}

/**
 * The archives as they were at a time (ISO 8601). `template` from config.yaml, with @ARCHIVE@ for debian or
 * debian-security, wins over the addresses.
 */
export function snapshotBases(
  addresses: ArchiveBases,
  time: string,
  template: string | undefined,
): ArchiveBases {
  const main = template?.replaceAll('@ARCHIVE@', 'debian') ?? addresses.main;
  const security = template?.replaceAll('@ARCHIVE@', 'debian-security') ?? addresses.security;
  return { main: fill(main, time), security: fill(security, time) };
}

/** True if the snapshot archive may have the file: it keeps Debian's own packages only. */
export function isInSnapshots({ archive }: PackageFile): boolean {
  return archive === 'debian' || archive === 'debian-security';
}

/** The address with the time in the form of the snapshot archive: 20261123T071930Z. */
function fill(template: string, time: string): string {
  const id = new Date(time).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return template.replaceAll('@SNAPSHOTID@', id).replace(/\/+$/, '');
}
