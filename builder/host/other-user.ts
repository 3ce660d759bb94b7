import { lchown, lstat, readdir, readFile } from 'node:fs/promises';
import { runProcess } from './process.ts';
import { findRange } from './subordinate-ids.ts';

/** A user of this host other than root who can build: he has subordinate ids. */
export interface OtherUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** The first of his subordinate ids: owner 1 of a tree. */
  readonly firstSubUid: number;
  readonly firstSubGid: number;
}

/** The wanted user, else the first of /etc/subuid that exists and is not root; undefined if there is none. */
export async function findOtherUser(wanted: string | undefined): Promise<OtherUser | undefined> {
  const uids = await readFile('/etc/subuid', 'utf8').catch(() => '');
  const gids = await readFile('/etc/subgid', 'utf8').catch(() => '');
  const names = uids.split('\n').flatMap((line) => line.split(':')[0] || []);
  for (const name of new Set([...(wanted === undefined ? [] : [wanted]), ...names])) {
    const account = parsePasswd((await runProcess(['getent', 'passwd', name])).stdout);
    if (!account || account.uid === 0) continue;
    const uidRange = findRange(uids, account.name, account.uid);
    const gidRange = findRange(gids, account.name, account.uid);
    if (uidRange && gidRange) {
      return { ...account, firstSubUid: uidRange.start, firstSubGid: gidRange.start };
    }
  }
  return undefined;
}

/** A line of passwd(5). */
export function parsePasswd(line: string): { name: string; uid: number; gid: number } | undefined {
  const [name, , uid, gid] = line.trim().split(':');
  if (!name || uid === undefined || gid === undefined) return undefined;
  return { name, uid: Number(uid), gid: Number(gid) };
}

/** The words that make a command of root run as this user. */
export function asUser(user: OtherUser | undefined): readonly string[] {
  if (!user) return [];
  return ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--'];
}

/**
 * Gives a copy of a tree that root made to another user, as if he had made it: what belonged to root is his, the others'
 * files belong to his subordinate ids. `original` tells the owners, so hard links are not shifted twice.
 */
export async function giveTree(original: string, copy: string, user: OtherUser): Promise<void> {
  const shift = (id: number, own: number, first: number) => (id === 0 ? own : first + id - 1);
  for await (const path of pathsIn(original)) {
    const { uid, gid } = await lstat(original + path);
    await lchown(copy + path, shift(uid, user.uid, user.firstSubUid), shift(gid, user.gid, user.firstSubGid));
  }
}

/**
 * Everything in a tree, '' for itself, else `/a/b`. Links are named, never followed: those of a root file system lead
 * into the one of this host.
 */
export async function* pathsIn(tree: string, path = ''): AsyncGenerator<string> {
  yield path;
  if (!(await lstat(tree + path)).isDirectory()) return;
  for (const name of (await readdir(tree + path)).sort()) yield* pathsIn(tree, `${path}/${name}`);
}
