import { copyFile, readFile, stat } from 'node:fs/promises';
import type { Edition } from '../../config/schema.ts';
import { HearthError } from '../../errors/hearth-error.ts';
import { fileSystemOf } from '../../host/memory-folder.ts';
import { findMirror } from '../../host/mirror.ts';
import { ensureToolsTree, findToolsTree, type ToolsTree } from '../../host/tools-tree.ts';
import { compareImages } from '../../image/compare.ts';
import { compareManifests } from '../../image/compare-manifest.ts';
import { formatDuration } from '../../text/duration.ts';
import { withSignal } from '../interrupt.ts';
import { loadProject } from '../project.ts';
import { readSettings, type Settings } from '../settings.ts';
import { type Circumstances, describeCircumstances, findCircumstances } from './verify/circumstances.ts';
import {
  type Checkout,
  copyCheckout,
  copyForB,
  giveFolder,
  ownCheckout,
  shareWithA,
} from './verify/copy-project.ts';
import { makeFolders, removeFolders, sweepKilledRuns, type VerifyFolders } from './verify/folders.ts';
import {
  circumstancesAsText,
  type ImageReport,
  isReproducible,
  reportAsJson,
  reportAsText,
  type VerifyReport,
} from './verify/report.ts';
import { type BuildOptions, imagesIn, runBuild } from './verify/run-build.ts';

export interface VerifyFlags {
  readonly config?: string;
  readonly edition?: Edition;
  readonly json?: boolean;
  readonly keep?: boolean;
}

/** Everything that the steps of one run share. */
interface Run {
  readonly settings: Settings;
  readonly flags: VerifyFlags;
  readonly found: Circumstances;
  readonly folders: VerifyFolders;
  readonly tools: ToolsTree;
  readonly signal: AbortSignal;
}

/**
 * `hearth verify-reproducible`: builds twice from nothing under changed circumstances and compares. Throws
 * ERR_NOT_REPRODUCIBLE after the report if the images differ.
 */
export async function verifyReproducibleCommand(flags: VerifyFlags): Promise<void> {
  const startedAt = Date.now();
  const settings = readSettings(flags);
  // Mistakes of config.yaml are shown as always, before anything is copied.
  const project = await loadProject(settings, flags.edition === undefined ? {} : { edition: flags.edition });
  const report = await stoppable(async (signal) => {
    const { cacheDir } = settings;
    const { mirror, securityMirror } = project.config.debian;
    if (!(await findToolsTree(cacheDir))) show('Making the tools tree: about 40 seconds.');
    const tools = await ensureToolsTree({
      cacheDir,
      mirror: async () => await findMirror({ mirror, securityMirror }),
      signal,
    });
    const found = await findCircumstances();
    await sweepKilledRuns(found.memoryFolder);
    const folders = await makeFolders(cacheDir, found, flags.keep === true);
    try {
      return await verify({ settings, flags, found, folders, tools, signal });
    } finally {
      if (flags.keep) show(`Kept: ${folders.roots.join(' ')}`);
      else await removeFolders(folders.roots);
    }
  });
  process.stdout.write(flags.json ? reportAsJson(report) : reportAsText(report));
  show(`Two builds and the comparison took ${formatDuration(Date.now() - startedAt)}.`);
  if (!isReproducible(report)) throw notReproducible(flags);
}

async function verify(run: Run): Promise<VerifyReport> {
  const { settings, found, folders, tools } = run;
  show('Preparing two builds from nothing: only the tools tree and fetched packages are shared.');
  const own = ownCheckout(settings);
  const copied = await copyCheckout(settings, folders, found.user);
  await shareWithA(tools, settings.cacheDir, folders);
  const circumstances = describeCircumstances(found, {
    a: await placesOf(own, folders.a.cache),
    b: await placesOf(copied, folders.b.cache),
  });
  show(`\n${circumstancesAsText(circumstances)}\n`);
  await runBoth(run, own, copied);
  return {
    circumstances,
    images: await compareAll(run),
    folders: run.flags.keep ? folders.roots : [],
  };
}

async function placesOf(checkout: Checkout, cache: string) {
  return { project: checkout.projectDir, cache, fileSystem: await fileSystemOf(cache) };
}

async function runBoth(run: Run, own: Checkout, copied: Checkout): Promise<void> {
  const { settings, flags, found, folders, tools, signal } = run;
  const logDir = `${settings.outDir}/logs/verify-reproducible`;
  const options: BuildOptions = { edition: flags.edition, logDir, show, signal };
  const home = folders.b.home;
  await runBuild(
    { name: 'A', checkout: own, cacheDir: folders.a.cache, outDir: folders.a.out, home },
    options,
  );
  signal.throwIfAborted();
  await copyForB(tools, folders, found.user);
  const lockFile = await handOverLock(run);
  await runBuild(
    {
      name: 'B',
      checkout: copied,
      cacheDir: folders.b.cache,
      outDir: folders.b.out,
      circumstances: found,
      home,
      lockFile,
    },
    options,
  );
}

/** The record of A's packages, where B's user can read it: the archive may move between the builds. */
async function handOverLock({ folders, found }: Run): Promise<string | undefined> {
  const image = (await imagesIn(folders.a.out)).at(-1) ?? '';
  const lock = `${folders.a.out}/${image.replace(/\.img$/, '.debian.lock.yaml')}`;
  const isThere = await stat(lock).then(
    (info) => info.isFile(),
    () => false,
  );
  if (!isThere) return undefined;
  const target = `${folders.b.home}/debian.lock.yaml`;
  await copyFile(lock, target);
  await giveFolder(target, found.user);
  return target;
}

async function compareAll(run: Run): Promise<ImageReport[]> {
  const { folders } = run;
  const [inA, inB] = [await imagesIn(folders.a.out), await imagesIn(folders.b.out)];
  const reports: ImageReport[] = [];
  for (const image of [...new Set([...inA, ...inB])].sort()) {
    const missingIn = inA.includes(image) ? (inB.includes(image) ? undefined : 'B') : 'A';
    if (missingIn) reports.push({ image, comparison: undefined, missingIn, manifest: [] });
    else reports.push(await compareOne(run, image));
    run.signal.throwIfAborted();
  }
  return reports;
}

async function compareOne({ folders, tools }: Run, image: string): Promise<ImageReport> {
  const comparison = await compareImages({
    tools,
    a: `${folders.a.out}/${image}`,
    b: `${folders.b.out}/${image}`,
    scratchDir: `${folders.scratch}/${image}`,
    onPhase: (phase) => show(`Comparing ${image}: ${phase}`),
  });
  const manifestOf = async (folder: string): Promise<unknown> =>
    JSON.parse(await readFile(`${folder}/${image.replace(/\.img$/, '.manifest.json')}`, 'utf8'));
  const manifest = compareManifests(await manifestOf(folders.a.out), await manifestOf(folders.b.out));
  return { image, comparison, manifest };
}

/** Ctrl-C and SIGTERM end the running build and remove the folders. */
async function stoppable<T>(job: (signal: AbortSignal) => Promise<T>): Promise<T> {
  let received: NodeJS.Signals | undefined;
  const note = (signal: NodeJS.Signals) => {
    received ??= signal;
    show('\nStopping, and removing what was made.');
  };
  process.once('SIGINT', note).once('SIGTERM', note);
  try {
    return await withSignal(job);
  } catch (error) {
    if (!received) throw error;
    throw new HearthError(received === 'SIGTERM' ? 'ERR_TERMINATED' : 'ERR_INTERRUPTED', {
      what: 'Stopped, as you asked.',
      state: 'Nothing was compared. Fetched packages are kept, all else of both builds is removed.',
      cause: error,
    });
  } finally {
    process.off('SIGINT', note).off('SIGTERM', note);
  }
}

function notReproducible(flags: VerifyFlags): HearthError {
  return new HearthError('ERR_NOT_REPRODUCIBLE', {
    what: 'The two builds made different images.',
    why: 'Something of the build still depends on the circumstances in the table above.',
    todo: flags.keep
      ? 'The files that differ are listed above; look which stage writes them.'
      : 'The files that differ are listed above; look which stage writes them. --keep keeps both images.',
    state: flags.keep ? 'Both builds are kept.' : 'Both builds are removed.',
  });
}

function show(text: string): void {
  process.stderr.write(`${text}\n`);
}
