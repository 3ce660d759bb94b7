import { readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The file system that a path lies on, as /proc/self/mountinfo tells it. */
export interface Mount {
  readonly mountPoint: string;
  /** `ext4`, `9p`, `fuseblk`. */
  readonly type: string;
  readonly isNoexec: boolean;
  readonly isNosuid: boolean;
}

/** The mount of a path; of its nearest folder that is there if it is not made yet. */
export async function mountOf(path: string): Promise<Mount | undefined> {
  const text = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const existing = await nearestExisting(path);
  return findMount(text, await realpath(existing).catch(() => existing));
}

/** The mount that a real path lies on, in the text of a mountinfo file (proc(5)). */
export function findMount(mountinfo: string, path: string): Mount | undefined {
  let best: Mount | undefined;
  for (const line of mountinfo.split('\n')) {
    const match = /^\S+ \S+ \S+ \S+ (\S+) (\S+) (?:\S+ )*?- (\S+) /.exec(line);
    const [, point, options, type] = match ?? [];
    if (point === undefined || options === undefined || type === undefined) continue;
    const mountPoint = unescapeSpaces(point);
    const isAbove = path === mountPoint || path.startsWith(mountPoint === '/' ? '/' : `${mountPoint}/`);
    // Of several on the same folder the last one is seen.
    if (!isAbove || (best && mountPoint.length < best.mountPoint.length)) continue;
    const flags = options.split(',');
    best = { mountPoint, type, isNoexec: flags.includes('noexec'), isNosuid: flags.includes('nosuid') };
  }
  return best;
}

/** The path itself, or the first folder above it that is there. */
export async function nearestExisting(path: string): Promise<string> {
  const isThere = await realpath(path).then(
    () => true,
    () => false,
  );
  return isThere || path === '/' ? path : await nearestExisting(dirname(path));
}

function unescapeSpaces(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
