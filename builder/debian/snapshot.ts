import { runInSandbox } from '../host/sandbox.ts';
import type { ToolsTree } from '../host/tools-tree.ts';
import type { ArchiveBases, PackageFile } from './package-file.ts';

/**
 * Debian's snapshot archive as it was at a time (ISO 8601): it keeps every package that was ever published. Its address is
 * `template`, else the one that apt itself has built in (apt.conf(5), Acquire::Snapshots).
 */
export async function snapshotBases(
  tools: () => Promise<ToolsTree>,
  time: string,
  template: string | undefined,
): Promise<ArchiveBases> {
  if (template !== undefined) {
    const base = (archive: string) => fill(template.replaceAll('@ARCHIVE@', archive), time);
    return { main: base('debian'), security: base('debian-security') };
  }
  const { stdout } = await runInSandbox({
    command: ['apt-config', 'dump', 'Acquire::Snapshots'],
    tools: await tools(),
    network: false,
  });
  return parseSnapshots(stdout, time);
}

/** The addresses in the output of apt-config, for a time in ISO 8601; '' where apt knows none. */
export function parseSnapshots(text: string, time: string): ArchiveBases {
  const base = (key: string) =>
    fill(new RegExp(`^Acquire::Snapshots::URI::${key} "([^"]+)"`, 'm').exec(text)?.[1] ?? '', time);
  return { main: base('Origin::Debian'), security: base('Override::Label::Debian-Security') };
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
