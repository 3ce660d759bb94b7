import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readdir } from 'node:fs/promises';
import { judgeOwner, ownerSuffix, parseOwner } from '../../../host/ownership.ts';
import { runProcess } from '../../../host/process.ts';
import { removeTree } from '../../../host/workspace.ts';
import type { Circumstances } from './circumstances.ts';

/** Where the two builds are made. All of it is private to its user. */
export interface VerifyFolders {
  readonly a: { readonly cache: string; readonly out: string };
  readonly b: {
    /** Belongs to B's user; everything of B but the cache lies in it. */
    readonly home: string;
    readonly cache: string;
    readonly out: string;
    /** Deeper than a usual checkout. */
    readonly checkouts: string;
  };
  readonly scratch: string;
  /** The top folders, to be kept or removed. */
  readonly roots: readonly string[];
}

const publicPrefix = 'hearth-verify-';

/**
 * Makes the folders. A builds below the real cache; B below /var/tmp if another user builds it, who may not enter our
 * home; its cache is in memory where there is room. Folders to be kept have names that no clean-up takes for leftovers.
 */
export async function makeFolders(
  cacheDir: string,
  found: Circumstances,
  isKept: boolean,
): Promise<VerifyFolders> {
  await mkdir(`${cacheDir}/work`, { recursive: true });
  const roots: string[] = [];
  const makeRoot = async (prefix: string) => {
    const root = `${prefix}${isKept ? 'kept' : ownerSuffix()}-${randomBytes(4).toString('hex')}`;
    await mkdir(root);
    roots.push(root);
    // Its name is no secret; what is in it belongs to one user each and is closed.
    await chmod(root, 0o711);
    return root;
  };
  const own = await makeRoot(`${cacheDir}/work/work-`);
  const other = found.user ? await makeRoot(`/var/tmp/${publicPrefix}`) : own;
  const memory = found.memoryFolder ? await makeRoot(`${found.memoryFolder}/${publicPrefix}`) : other;
  const home = `${other}/b`;
  const cache = memory === other ? `${home}/cache` : `${memory}/b`;
  const folders: VerifyFolders = {
    a: { cache: `${own}/a/cache`, out: `${own}/a/out` },
    b: { home, cache, out: `${home}/out`, checkouts: `${home}/some/other/deeper/folder` },
    scratch: `${own}/scratch`,
    roots,
  };
  for (const folder of [`${own}/a`, home, cache, folders.scratch]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  for (const folder of [folders.a.cache, folders.a.out, folders.b.out, folders.b.checkouts]) {
    await mkdir(folder, { recursive: true });
  }
  if (found.user) await chown(cache, found.user.uid, found.user.gid);
  return folders;
}

/** Removes the folders, also those that belong to another user or to subordinate ids. */
export async function removeFolders(roots: readonly string[]): Promise<void> {
  for (const root of roots) {
    // rm never follows a link that somebody else puts there meanwhile.
    const removed = await runProcess(['rm', '-rf', '--one-file-system', root]);
    if (removed.exitCode !== 0) await removeTree(root);
  }
}

/** Removes what killed runs of ours left in public folders; those in the cache are swept by each build. */
export async function sweepKilledRuns(memoryFolder: string | undefined): Promise<void> {
  for (const parent of ['/var/tmp', ...(memoryFolder === undefined ? [] : [memoryFolder])]) {
    for (const name of await readdir(parent)) {
      if (!name.startsWith(publicPrefix)) continue;
      const owner = parseOwner(`work-${name.slice(publicPrefix.length)}`);
      if (!owner || (await judgeOwner(owner)) !== 'gone') continue;
      const path = `${parent}/${name}`;
      if ((await lstat(path)).uid === process.getuid?.()) await removeFolders([path]);
    }
  }
}
