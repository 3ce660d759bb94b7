import { readFile } from 'node:fs/promises';
import { availableParallelism, hostname, userInfo } from 'node:os';
import { findMemoryFolder } from '../../../host/memory-folder.ts';
import { asUser, findOtherUser, type OtherUser } from '../../../host/other-user.ts';
import { runProcess } from '../../../host/process.ts';

/** What can be made different for build B on this host. */
export interface Circumstances {
  /** Undefined: the same user, for the reason. */
  readonly user: OtherUser | undefined;
  readonly sameUserReason: string;
  /** A folder in memory for the cache; undefined: none is large enough. */
  readonly memoryFolder: string | undefined;
  /** The one core that B may use; undefined if there is only one. */
  readonly core: number | undefined;
  /** Another host name; undefined if we may not set one. */
  readonly hostName: string | undefined;
}

/** One line of the table that is shown. */
export interface Circumstance {
  readonly what: string;
  readonly a: string;
  readonly b: string;
  readonly isDifferent: boolean;
}

/** What does not depend on the host. Zones of either end of the world never have the same date. */
export const fixed = {
  a: { umask: '022', locale: 'C.UTF-8', timeZone: 'Etc/GMT+12' },
  b: { umask: '077', locale: 'tr_TR.UTF-8', timeZone: 'Etc/GMT-14', clockOffset: '+400d' },
} as const;

/** As much as a build asks of its cache folder. */
const neededBytes = 8 * 1024 ** 3;

/** Looks what this host and this user allow. */
export async function findCircumstances(): Promise<Circumstances> {
  return {
    ...(await chooseUser()),
    memoryFolder: await findMemoryFolder(neededBytes),
    core: await chooseCore(),
    hostName: (await maySetHostName()) ? 'another-host' : undefined,
  };
}

/** The table of what is different, and why something is not. */
export function describeCircumstances(
  found: Circumstances,
  places: {
    readonly a: { readonly project: string; readonly cache: string; readonly fileSystem: string };
    readonly b: { readonly project: string; readonly cache: string; readonly fileSystem: string };
  },
): Circumstance[] {
  const { a, b } = places;
  const cores = availableParallelism();
  const row = (what: string, left: string, right: string | undefined, reason = ''): Circumstance => ({
    what,
    a: left,
    b: right ?? `the same: ${reason}`,
    isDifferent: right !== undefined,
  });
  return [
    row('user', userInfo().username, found.user?.name, found.sameUserReason),
    row('project folder', a.project, b.project),
    row('cache folder', a.cache, b.cache),
    row(
      'directory order',
      `of ${a.fileSystem}`,
      a.fileSystem === b.fileSystem ? undefined : `of ${b.fileSystem}`,
      'no folder in memory (tmpfs) has 8 GiB free',
    ),
    row('clock', 'as it is', fixed.b.clockOffset),
    row('processor cores', String(cores), found.core === undefined ? undefined : '1', 'there is only one'),
    row('umask', fixed.a.umask, fixed.b.umask),
    row('locale', fixed.a.locale, fixed.b.locale),
    row('time zone', fixed.a.timeZone, fixed.b.timeZone),
    row('host name', hostname(), found.hostName, 'only root can set another one'),
  ];
}

async function chooseUser(): Promise<Pick<Circumstances, 'user' | 'sameUserReason'>> {
  if (process.getuid?.() !== 0) {
    return { user: undefined, sameUserReason: 'only root can start a build as another user' };
  }
  const user = await findOtherUser(process.env['SUDO_USER']);
  if (!user) return { user, sameUserReason: '/etc/subuid names no other user' };
  const probe = await runProcess([...asUser(user), process.execPath, '--version'], { env: {}, cwd: '/' });
  if (probe.exitCode === 0) return { user, sameUserReason: '' };
  return { user: undefined, sameUserReason: `${user.name} can not run ${process.execPath}` };
}

/** The first core that we may use ourselves. */
async function chooseCore(): Promise<number | undefined> {
  if (availableParallelism() < 2) return undefined;
  const status = await readFile('/proc/self/status', 'utf8');
  const first = /^Cpus_allowed_list:\s+(\d+)/m.exec(status)?.[1];
  return first === undefined ? undefined : Number(first);
}

/** Root of a container often may not. */
async function maySetHostName(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  return (await runProcess([...withHostName('probe'), 'true'])).exitCode === 0;
}

/** The words that make a command see another host name, in a UTS namespace of its own. */
export function withHostName(name: string | undefined): readonly string[] {
  if (name === undefined) return [];
  return ['unshare', '--uts', 'sh', '-c', 'echo "$0" >/proc/sys/kernel/hostname && exec "$@"', name];
}
