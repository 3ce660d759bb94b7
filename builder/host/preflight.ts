import { readFile, statfs } from 'node:fs/promises';
import { release } from 'node:os';
import { dirname } from 'node:path';
import { HearthError } from '../errors/hearth-error.ts';
import { currentIdentity } from './identity.ts';
import { runProcess } from './process.ts';

export interface HostProblem {
  readonly what: string;
  readonly why: string;
  /** The command that mends it. */
  readonly todo: string;
}

export interface HostFolders {
  readonly cacheDir: string;
  readonly outDir: string;
}

const gibibyte = 1024 ** 3;
/** Measured: tools 0.4 GiB, stage results and packages 1.5 GiB, the working tree and the image 4 GiB. */
const neededBytes = 8 * gibibyte;

/** Throws ERR_HOST_UNSUITABLE with everything that this host lacks, and the commands that add it. */
export async function checkHost(folders: HostFolders): Promise<void> {
  const problems = await findHostProblems(folders);
  if (problems.length === 0) return;
  throw new HearthError('ERR_HOST_UNSUITABLE', {
    what: `This host can not build yet: ${problems.length === 1 ? 'one thing is' : `${problems.length} things are`} missing.`,
    details: problems.map(({ what, why, todo }) => `- ${what}\n  ${why}\n  Run: ${todo}`).join('\n'),
    state: 'Nothing was built.',
  });
}

/** Everything that a build would miss on this host. */
export async function findHostProblems(folders: HostFolders): Promise<HostProblem[]> {
  const problems: (HostProblem | undefined)[] = [
    ...(await missingPrograms()),
    await missingIds(),
    await forbiddenNamespaces(),
    await missingBinfmt(),
    await tooSmall(folders.cacheDir),
  ];
  return problems.filter((problem) => problem !== undefined);
}

async function missingPrograms(): Promise<HostProblem[]> {
  const wanted: readonly { program: string; package: string; why: string }[] = [
    { program: 'mmdebstrap', package: 'mmdebstrap', why: 'It makes the tools tree.' },
    {
      program: 'newuidmap',
      package: 'uidmap',
      why: "It gives an ordinary user's build the owners of files.",
    },
    { program: 'setpriv', package: 'util-linux', why: 'It ends the steps of a build that was killed.' },
  ];
  const problems: HostProblem[] = [];
  for (const { program, package: name, why } of wanted) {
    const found = await runProcess(['sh', '-c', `command -v ${program}`]);
    if (found.exitCode !== 0) {
      problems.push({
        what: `The program ${program} is not installed.`,
        why,
        todo: `sudo apt-get install ${name}`,
      });
    }
  }
  return problems;
}

async function missingIds(): Promise<HostProblem | undefined> {
  try {
    await currentIdentity();
    return undefined;
  } catch (error) {
    if (!(error instanceof HearthError)) throw error;
    return { what: error.message, why: error.why ?? '', todo: error.todo ?? '' };
  }
}

async function forbiddenNamespaces(): Promise<HostProblem | undefined> {
  const probe = await runProcess(['unshare', '--user', 'true']);
  if (probe.exitCode === 0) {
    const restricted = await readFile('/proc/sys/kernel/apparmor_restrict_unprivileged_userns', 'utf8').catch(
      () => '0',
    );
    if (restricted.trim() !== '1' || process.getuid?.() === 0) return undefined;
    return {
      what: "AppArmor forbids mounts in an ordinary user's namespaces.",
      why: 'Ubuntu sets kernel.apparmor_restrict_unprivileged_userns=1; the build needs such mounts.',
      todo: 'sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0',
    };
  }
  return {
    what: 'This host forbids user namespaces.',
    why: `The build runs in one, so that nothing of the host is changed. ${probe.stderr.trim()}`,
    todo: 'sudo sysctl user.max_user_namespaces=15000 kernel.unprivileged_userns_clone=1',
  };
}

/** Programs of the image need a handler: our own since Linux 6.7, before that one of the host with the F flag. */
async function missingBinfmt(): Promise<HostProblem | undefined> {
  if (process.arch === 'arm64' || hasNamespacedBinfmt()) return undefined;
  const handler = await readFile('/proc/sys/fs/binfmt_misc/qemu-aarch64', 'utf8').catch(() => '');
  if (/^enabled/m.test(handler) && /^flags:.*F/m.test(handler)) return undefined;
  return {
    what: `Linux ${release()} has no handler for arm64 programs.`,
    why: 'Linux 6.7 and newer let a build bring its own; this one needs the host’s.',
    todo: 'sudo apt-get install qemu-user-static binfmt-support',
  };
}

/** True since Linux 6.7, where binfmt_misc belongs to the user namespace. */
export function hasNamespacedBinfmt(kernelRelease: string = release()): boolean {
  const [major = 0, minor = 0] = kernelRelease.split('.').map((part) => Number.parseInt(part, 10));
  return major > 6 || (major === 6 && minor >= 7);
}

async function tooSmall(folder: string): Promise<HostProblem | undefined> {
  const info = await statfs(folder).catch(async () => await statfs(dirname(folder)).catch(() => undefined));
  if (!info) return undefined;
  const freeBytes = info.bavail * info.bsize;
  if (freeBytes >= neededBytes) return undefined;
  return {
    what: `${folder} has ${(freeBytes / gibibyte).toFixed(1)} GiB free; a build needs ${neededBytes / gibibyte} GiB.`,
    why: 'It holds the tools, the packages, the results of the stages and the tree being built.',
    todo: 'export HEARTH_CACHE_DIR=/a/folder/with/more/space',
  };
}
