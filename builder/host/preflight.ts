import { tmpdir } from 'node:os';
import { HearthError } from '../errors/hearth-error.ts';
import {
  forbiddenPrograms,
  readFolder,
  tooFull,
  unableFolder,
  unmakeable,
  unwritable,
} from './checks/folder-problems.ts';
import { accelerationOf, missingBinfmt } from './checks/foreign-programs.ts';
import { type HostFacts, readHostFacts } from './checks/host-facts.ts';
import { missingIds } from './checks/missing-ids.ts';
import { nearestExisting } from './checks/mounts.ts';
import { probeNamespace } from './checks/namespace-probe.ts';
import { commandsOf, type HostProblem } from './checks/problem.ts';
import { missingPrograms, oldNode } from './checks/programs.ts';
import { explainFailure } from './checks/user-namespace.ts';
import { identityOf, runtimeFolderOf } from './identity.ts';

export { hasNamespacedBinfmt } from './checks/foreign-programs.ts';

export interface HostNeeds {
  readonly cacheDir: string;
  readonly outDir: string;
  /** Free space that the build will take in the cache folder; default 6 GiB. */
  readonly neededBytes?: number;
  /** The same for the folder of the image, where it lies on another file system; default 3 GiB. */
  readonly imageBytes?: number;
}

export interface HostReport {
  readonly problems: readonly HostProblem[];
  /** How the image's programs run here, in a few words. */
  readonly acceleration: string;
}

const gibibyte = 1024 ** 3;
/** Measured for a build from nothing: tools 0.4 GiB, stage results and packages 1.5 GiB, the tree and the image 4 GiB. */
const defaultNeededBytes = 6 * gibibyte;
/** The draft of an image. */
const defaultImageBytes = 3 * gibibyte;

/** Throws ERR_HOST_UNSUITABLE with everything that this host lacks, and the commands that add it. */
export async function checkHost(needs: HostNeeds): Promise<HostReport> {
  const report = await inspectHost(needs);
  if (report.problems.length > 0) throw unsuitable(report.problems);
  return report;
}

/** Everything that a build would miss on this host. Nothing is changed. */
export async function inspectHost(needs: HostNeeds): Promise<HostReport> {
  const facts = await readHostFacts();
  const found = await Promise.all([
    installableProblems(facts),
    folderProblems(facts, needs),
    probed(facts, needs),
  ]);
  const node = oldNode(facts.nodeVersion);
  return {
    problems: [...(node ? [node] : []), ...found.flat()],
    acceleration: accelerationOf(facts.arch, facts.kernelRelease),
  };
}

/** What an administrator's packages and ids mend: the part that is known without a probe. */
export async function findInstallable(): Promise<HostProblem[]> {
  const problems = installableProblems(await readHostFacts());
  return problems.filter((problem) => problem.fix !== undefined);
}

function installableProblems(facts: HostFacts): HostProblem[] {
  return [...missingPrograms(facts), missingIds(facts.account), missingBinfmt(facts)].filter(
    (problem) => problem !== undefined,
  );
}

async function folderProblems({ account }: HostFacts, needs: HostNeeds): Promise<HostProblem[]> {
  const [cache, out, runtime] = await Promise.all([
    readFolder(needs.cacheDir),
    readFolder(needs.outDir),
    readFolder(runtimeFolderOf(account.uid)),
  ]);
  const neededBytes = needs.neededBytes ?? defaultNeededBytes;
  const cacheProblem = unwritable(cache, 'HEARTH_CACHE_DIR') ?? forbiddenPrograms(cache);
  const problems = [
    cacheProblem ?? tooFull(cache, 'HEARTH_CACHE_DIR', neededBytes),
    unwritable(out, 'HEARTH_OUT_DIR'),
    unwritable(runtime, 'TMPDIR'),
    // On the same file system the image's space is counted already.
    out.device === cache.device
      ? undefined
      : tooFull(out, 'HEARTH_OUT_DIR', needs.imageBytes ?? defaultImageBytes),
  ];
  return problems.filter((problem) => problem !== undefined);
}

/** What only trying can tell. Where ids or newuidmap are missing, namespaces are tried with our own id alone. */
async function probed(facts: HostFacts, needs: HostNeeds): Promise<HostProblem[]> {
  if (!facts.programs.has('unshare')) return [];
  const { account, programs } = facts;
  const canMap =
    missingIds(account) === undefined &&
    (account.uid === 0 || (programs.has('newuidmap') && programs.has('newgidmap')));
  const [cache, temporary] = await Promise.all([readFolder(needs.cacheDir), readFolder(tmpdir())]);
  if (!temporary.isWritable) return [];
  const isUsable = cache.isFolder && cache.isWritable && !cache.mount?.isNoexec && programs.has('tar');
  const result = await probeNamespace({
    identity: canMap ? identityOf(account) : undefined,
    // In the folder of running builds where it is there: what a killed check leaves is swept from it.
    folder: isUsable ? await nearestExisting(`${needs.cacheDir}/work`) : undefined,
  });
  if (result.failed === 'folder') return [unmakeable(cache, result.stderr)];
  if (result.failed !== undefined) return [explainFailure(result, facts)];
  const problem = result.abilities && unableFolder(cache, result.abilities);
  return problem ? [problem] : [];
}

function unsuitable(problems: readonly HostProblem[]): HearthError {
  const commands = commandsOf(problems);
  return new HearthError('ERR_HOST_UNSUITABLE', {
    what: `This host can not build yet: ${problems.length === 1 ? 'one thing is' : `${problems.length} things are`} in the way.`,
    details: problems.map(({ what, why }) => `- ${what}\n  ${why}`).join('\n'),
    todo: commands.join('\n'),
    state: 'Nothing was built.',
  });
}
