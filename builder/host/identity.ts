import { readFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { HearthError } from '../errors/hearth-error.ts';

/** How our user appears inside the build's user namespace. */
export interface Identity {
  readonly isRoot: boolean;
  /** Lines "inside outside count" as in user_namespaces(7). */
  readonly uidMap: string;
  readonly gidMap: string;
  /** A folder of our own for mount points. */
  readonly runtimeFolder: string;
}

/**
 * Root maps every id to itself. Another user becomes root inside, with his subordinate ids (subuid(5)) as the others,
 * so that files of the tree's root belong to him outside. Throws ERR_HOST_UNSUITABLE without subordinate ids.
 */
export async function currentIdentity(): Promise<Identity> {
  const { uid, gid, username } = userInfo();
  const runtimeFolder = `${tmpdir()}/hearth-${uid}`;
  if (uid === 0) {
    const all = '0 0 4294967295\n';
    return { isRoot: true, uidMap: all, gidMap: all, runtimeFolder };
  }
  const uids = findRange(await readText('/etc/subuid'), username, uid);
  const gids = findRange(await readText('/etc/subgid'), username, uid);
  if (!uids || !gids) throw noSubordinateIds(username);
  return {
    isRoot: false,
    uidMap: `0 ${uid} 1\n1 ${uids.start} ${uids.count}\n`,
    gidMap: `0 ${gid} 1\n1 ${gids.start} ${gids.count}\n`,
    runtimeFolder,
  };
}

/** The first range of at least 65,535 ids in a subuid(5) file. */
export function findRange(
  text: string,
  username: string,
  uid: number,
): { start: number; count: number } | undefined {
  for (const line of text.split('\n')) {
    const [owner, start, count] = line.split(':');
    if (owner !== username && owner !== String(uid)) continue;
    if (Number(count) >= 65_535) return { start: Number(start), count: 65_535 };
  }
  return undefined;
}

function noSubordinateIds(username: string): HearthError {
  return new HearthError('ERR_HOST_UNSUITABLE', {
    what: `The user ${username} has no subordinate ids.`,
    why: 'The image holds files of several owners; /etc/subuid and /etc/subgid must give this user at least 65,535 ids for them.',
    todo: `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${username}`,
    state: 'Nothing was written.',
  });
}

async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '');
}
