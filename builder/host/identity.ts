import { readFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { HearthError } from '../errors/hearth-error.ts';
import { runProcess } from './process.ts';
import { findRange, type IdRange, parseIdMap, rangesOfGetsubids } from './subordinate-ids.ts';

/** How our user appears inside the build's user namespace. */
export interface Identity {
  readonly isRoot: boolean;
  /** Lines "inside outside count" as in user_namespaces(7). */
  readonly uidMap: string;
  readonly gidMap: string;
  /** A folder of our own for mount points. */
  readonly runtimeFolder: string;
}

/** What this host says about our user and the ids that he may use. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  /** The uid's number where it has no name. */
  readonly username: string;
  /** False for a user of a directory service: usermod does not know him. */
  readonly isLocal: boolean;
  /** The ids that exist in our own user namespace, for root; the lines of /proc/self/uid_map. */
  readonly ownUids: readonly IdRange[];
  readonly ownGids: readonly IdRange[];
  /** Texts of /etc/subuid and /etc/subgid. */
  readonly subuid: string;
  readonly subgid: string;
  /** The service that gives subordinate ids instead of these files: `sss` for SSSD. */
  readonly idService: string | undefined;
  /** The ranges that a build can use. */
  readonly uids: IdRange | undefined;
  readonly gids: IdRange | undefined;
}

/** The map of a machine's first user namespace. */
const wholeMap = '0 0 4294967295\n';

/**
 * Root maps every id that he has to itself. Another user becomes root inside, with his subordinate ids (subuid(5)) as
 * the others, so that files of the tree's root belong to him outside. Throws ERR_HOST_UNSUITABLE without subordinate ids.
 */
export async function currentIdentity(): Promise<Identity> {
  return identityOf(await currentAccount());
}

/** As {@link currentIdentity}, for an account that was read already. */
export function identityOf(account: Account): Identity {
  const { uid, gid, username, uids, gids } = account;
  const runtimeFolder = runtimeFolderOf(uid);
  if (uid === 0) {
    const { ownUids, ownGids } = account;
    return { isRoot: true, uidMap: mapOfRoot(ownUids), gidMap: mapOfRoot(ownGids), runtimeFolder };
  }
  if (!uids || !gids) throw noSubordinateIds(username);
  return {
    isRoot: false,
    uidMap: `0 ${uid} 1\n1 ${uids.start} ${uids.count}\n`,
    gidMap: `0 ${gid} 1\n1 ${gids.start} ${gids.count}\n`,
    runtimeFolder,
  };
}

/** A folder of a user's own for mount points; it may not be there yet. */
export function runtimeFolderOf(uid: number): string {
  return `${tmpdir()}/hearth-${uid}`;
}

/** Reads what this host knows of our user; asks getsubids only where a service gives the ids. */
export async function currentAccount(): Promise<Account> {
  const { uid, gid, username } = currentUser();
  const [subuid, subgid, services, passwd, uidMap, gidMap] = await Promise.all(
    [
      '/etc/subuid',
      '/etc/subgid',
      '/etc/nsswitch.conf',
      '/etc/passwd',
      '/proc/self/uid_map',
      '/proc/self/gid_map',
    ].map(readText),
  );
  // newuidmap asks one source only: the service named here, or else the files.
  const service = /^\s*subid:\s*(\w+)/m.exec(services ?? '')?.[1];
  const idService = service === 'files' ? undefined : service;
  const [uids, gids] =
    uid === 0
      ? []
      : idService === undefined
        ? [findRange(subuid ?? '', username, uid), findRange(subgid ?? '', username, uid)]
        : [await askService([username]), await askService(['-g', username])];
  return {
    uid,
    gid,
    username,
    isLocal: (passwd ?? '').split('\n').some((line) => line.startsWith(`${username}:`)),
    ownUids: parseIdMap(uidMap || wholeMap),
    ownGids: parseIdMap(gidMap || wholeMap),
    subuid: subuid ?? '',
    subgid: subgid ?? '',
    idService,
    uids,
    gids,
  };
}

/** The current user; one without a name, as in a container with an unknown uid, is called by his number. */
function currentUser(): { uid: number; gid: number; username: string } {
  try {
    return userInfo();
  } catch {
    const uid = process.getuid?.() ?? -1;
    return { uid, gid: process.getgid?.() ?? -1, username: String(uid) };
  }
}

async function askService(args: readonly string[]): Promise<IdRange | undefined> {
  return rangesOfGetsubids((await runProcess(['getsubids', ...args])).stdout);
}

function mapOfRoot(ranges: readonly IdRange[]): string {
  return ranges.map(({ start, count }) => `${start} ${start} ${count}\n`).join('');
}

function noSubordinateIds(username: string): HearthError {
  return new HearthError('ERR_HOST_UNSUITABLE', {
    what: `The user ${username} has no subordinate ids.`,
    why: 'The image holds files of several owners; /etc/subuid and /etc/subgid must give this user at least 65,535 ids for them.',
    todo: 'Run `scripts/hearth check`: it names the command that adds them.',
    state: 'Nothing was written.',
  });
}

async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '');
}
