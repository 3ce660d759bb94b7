import { mkdir } from 'node:fs/promises';
import { HearthError } from '../errors/hearth-error.ts';
import { giveIds, waitForIds } from './id-map.ts';
import { currentIdentity } from './identity.ts';
import { type ProcessOptions, type ProcessResult, type RunningProcess, startProcess } from './process.ts';

export interface Bind {
  /** Absolute path on the host; it appears at the same path inside. */
  readonly path: string;
  readonly writable?: boolean;
}

export interface SandboxCommand extends Omit<ProcessOptions, 'controlPipe'> {
  readonly command: readonly string[];
  /** The tools tree whose programs are seen inside; without it those of the host (used to make the tools tree). */
  readonly tools?:
    | { readonly path: string; readonly dispatcher?: string | undefined; readonly clock?: string }
    | undefined;
  readonly binds?: readonly Bind[];
  /** A root file system that gets /proc, /dev and the tools, so that `chroot` into it works. */
  readonly tree?: string;
  /** A folder of shell files that the tree sees as /run/hearth. */
  readonly treeLibrary?: string;
  /** Registers the handler for programs of the image's architecture. Implied by `tree`. */
  readonly foreign?: boolean;
  /** false: no network but loopback. Default true. */
  readonly network?: boolean;
  /** false: a non-zero exit code is returned, not thrown. Default true. */
  readonly reject?: boolean;
}

const enterScript = `${import.meta.dirname}/enter-sandbox.sh`;

/**
 * Starts a program as root of a new user, mount, pid, ipc and uts namespace, in a root file system that shows the
 * tools tree and the named folders only. Needs no right but subordinate ids. When we die, the kernel ends the
 * program and drops its mounts.
 */
export async function startInSandbox(options: SandboxCommand): Promise<RunningProcess> {
  const identity = await currentIdentity();
  const emptyFolder = `${identity.runtimeFolder}/root`;
  await mkdir(emptyFolder, { recursive: true });
  const {
    command,
    tools,
    binds,
    tree,
    treeLibrary,
    foreign,
    network,
    reject: _reject,
    cwd,
    ...rest
  } = options;
  const dispatcher = tree !== undefined || foreign ? tools?.dispatcher : undefined;
  const child = startProcess(
    [
      'unshare',
      '--user',
      'sh',
      '-c',
      waitForIds,
      'sh',
      // The parent-death signal must be set after the user namespace is entered: that resets it.
      ...['setpriv', '--pdeathsig', 'KILL'],
      ...['unshare', '--mount', '--pid', '--fork', '--kill-child=KILL', '--ipc', '--uts'],
      ...(network === false ? ['--net'] : []),
      ...['--', 'sh', enterScript, emptyFolder],
      ...(tools ? ['--tools', tools.path] : []),
      ...(tree === undefined ? [] : ['--tree', tree]),
      ...(treeLibrary === undefined ? [] : ['--tree-library', treeLibrary]),
      ...(dispatcher === undefined ? [] : ['--dispatcher', dispatcher]),
      ...(binds ?? []).flatMap((bind) => [bind.writable ? '--write' : '--read', bind.path]),
      ...(tools?.clock === undefined ? [] : ['--clock', tools.clock]),
      ...['--cwd', cwd ?? '/'],
      '--',
      ...command,
    ],
    { ...rest, cwd: '/', env: { ...baseEnvironment, ...options.env }, controlPipe: true },
  );
  const refused = await giveIds(child, identity);
  if (refused) throw userNamespaceRefused(refused.stderr);
  return child;
}

/** As {@link startInSandbox}, to the end. Throws ERR_COMMAND_FAILED on a non-zero exit code unless `reject` is false. */
export async function runInSandbox(options: SandboxCommand): Promise<ProcessResult> {
  const child = await startInSandbox(options);
  const result = await child.exited;
  options.signal?.throwIfAborted();
  if (result.exitCode !== 0 && options.reject !== false) {
    const tail = (result.stderr || result.stdout).trimEnd().split('\n').slice(-15).join('\n');
    throw new HearthError('ERR_COMMAND_FAILED', {
      what: `${options.command[0]} failed with exit code ${result.exitCode}.`,
      why: `The command was: ${options.command.join(' ').slice(0, 400)}`,
      ...(tail ? { details: tail } : {}),
    });
  }
  return result;
}

const baseEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  TERM: 'dumb',
};

function userNamespaceRefused(reason: string): HearthError {
  return new HearthError('ERR_HOST_UNSUITABLE', {
    what: 'This host does not let us make a user namespace.',
    why: reason.trim() || 'unshare --user failed.',
    todo: 'Run `scripts/hearth check`: it names what is missing and the command that adds it.',
    state: 'Nothing was written.',
  });
}
