import { mkdir, readdir, readFile, rename, stat, utimes } from 'node:fs/promises';
import { HearthError } from '../errors/hearth-error.ts';
import { findMirror, mmdebstrapDefault } from '../host/mirror.ts';
import { ensureToolsTree } from '../host/tools-tree.ts';
import { publish, removeTree, temporaryName, writeFileAtomically } from '../host/workspace.ts';
import type { Action } from '../plan/planner.ts';
import type { Project } from '../plan/project.ts';
import { hasResult, readLastParts, resultFolder, type StageStore, stageStore } from '../plan/state-store.ts';
import type { Stage } from '../stage/stage.ts';
import type { BuildContext, StageInput } from './context.ts';
import type { Emit } from './events.ts';
import { type BuiltImage, exportImage } from './export-image.ts';
import { isUnchanged, planBuild } from './plan-build.ts';
import { epochOf, visibleConfig } from './stage-input.ts';
import { moveTree, removeMountPoints, runStage, stageFolders } from './stage-runner.ts';
import { packTree, unpackTree } from './tree-archive.ts';
import { failedTreeFolder, keepPackages, makeWorkFolder, preparePackages } from './work-folder.ts';

export interface BuildRequest {
  readonly project: Project;
  readonly cacheDir: string;
  readonly outDir: string;
  /** Hearth's version. */
  readonly version: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** How many results of one stage are kept. */
const keptResults = 3;

/**
 * Builds what the plan says and exports the images. Finished stages are kept as soon as they are finished, so a build
 * that was interrupted or killed goes on at the first unfinished one.
 */
export async function build(request: BuildRequest): Promise<BuiltImage[]> {
  const { project, cacheDir, emit } = request;
  const store = stageStore(cacheDir, project.projectDir);
  const workDir = await makeWorkFolder(cacheDir);
  try {
    const actions = await planBuild(project, store);
    emit({ type: 'planned', actions });
    const context = await makeContext(request, store, workDir, actions);
    await buildStages(context, project, actions);
    const images: BuiltImage[] = [];
    for (const stage of exportedStages(project.stages)) {
      const action = actions.find((candidate) => candidate.stage === stage.name);
      if (action)
        images.push(await exportImage(context, project, { stage, actions, outDir: request.outDir }));
    }
    return images;
  } finally {
    await keepPackages(workDir, cacheDir);
    await removeTree(workDir);
  }
}

async function makeContext(
  request: BuildRequest,
  store: StageStore,
  workDir: string,
  actions: readonly Action[],
): Promise<BuildContext> {
  const { project, cacheDir, emit, signal } = request;
  const { debian } = project.config;
  // Asking the host's apt takes a second: only where something will be fetched.
  const mirror = once(
    async () => await findMirror({ mirror: debian.mirror, securityMirror: debian.securityMirror }),
  );
  const startedAt = Date.now();
  emit({ type: 'taskStarted', task: 'tools tree' });
  const tools = await ensureToolsTree({
    cacheDir,
    mirror,
    onLine: (line) => emit({ type: 'output', line }),
    signal,
  });
  emit({ type: 'taskFinished', task: 'tools tree', durationMs: Date.now() - startedAt });
  if (actions.some((action) => action.kind === 'build')) {
    await preparePackages(workDir, cacheDir, await mirror(), debian.suite);
  }
  return {
    projectDir: project.projectDir,
    cacheDir,
    workDir,
    logDir: `${request.outDir}/logs`,
    store,
    tools,
    mirror,
    deviceMirror: await mmdebstrapDefault(`${tools.path}/usr/bin/mmdebstrap`),
    epochSeconds: epochOf(project.config),
    version: request.version,
    emit,
    signal,
  };
}

/** A stage whose result is known, for the next one to go on from. */
interface FinishedStage {
  readonly stage: Stage;
  readonly fingerprint: string;
  /** True if its tree is still in the work folder. */
  readonly isInPlace: boolean;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return async () => {
    made ??= make();
    return await made;
  };
}

async function buildStages(
  context: BuildContext,
  project: Project,
  actions: readonly Action[],
): Promise<void> {
  let previous: FinishedStage | undefined;
  for (const [index, stage] of project.stages.entries()) {
    const action = actions[index];
    if (!action) throw new TypeError('a stage without an action');
    const startedAt = Date.now();
    if (action.kind === 'build') await buildStage(context, project, { stage, action, previous });
    if (action.kind === 'reuse') await markAsUsed(context.store, action);
    context.emit({
      type: 'stageFinished',
      stage: stage.name,
      result: action.kind === 'build' ? 'built' : action.kind === 'reuse' ? 'reused' : 'skipped',
      reason: action.reason,
      durationMs: Date.now() - startedAt,
    });
    if (action.kind === 'skip') continue;
    previous = { stage, fingerprint: action.fingerprint, isInPlace: action.kind === 'build' };
  }
}

async function buildStage(
  context: BuildContext,
  project: Project,
  planned: { stage: Stage; action: Action; previous: FinishedStage | undefined },
): Promise<void> {
  const { stage, action, previous } = planned;
  context.signal.throwIfAborted();
  context.emit({ type: 'stageStarted', stage: stage.name, reason: action.reason });
  if (previous) await takeTree(context, previous, stage);
  await runSteps(context, {
    stage,
    previous: previous?.stage,
    fingerprint: action.fingerprint,
    ...visibleConfig(project.config, stage),
  });
  // A result under the wrong fingerprint would be believed for ever.
  if (!(await isUnchanged(project, action))) throw changedWhileBuilding(stage);
  await keepResult(context, stage, action.fingerprint);
  await rememberParts(context.store, action);
}

function changedWhileBuilding(stage: Stage): HearthError {
  return new HearthError('ERR_STEP_FAILED', {
    what: `Files of ${stage.name}, or of a stage before it, changed while it was built.`,
    why: 'Its result may be a mixture of the old and the new files, so it was not kept.',
    todo: 'Run the build again.',
    state: 'Nothing is left mounted; the stages before it are kept.',
  });
}

/** Puts the tree of the stage before into the folder of this stage. */
async function takeTree(
  context: BuildContext,
  previous: { stage: Stage; fingerprint: string; isInPlace: boolean },
  stage: Stage,
): Promise<void> {
  if (previous.isInPlace) {
    await moveTree(context, previous.stage.name, stage.name);
    return;
  }
  context.emit({ type: 'stepStarted', stage: stage.name, step: `unpacking ${previous.stage.name}` });
  const archive = `${resultFolder(context.store, previous.fingerprint)}/rootfs.tar.zst`;
  await unpackTree(context.tools, archive, stageFolders(context, stage.name).tree, context.signal);
}

async function runSteps(context: BuildContext, input: StageInput): Promise<void> {
  const { stage } = input;
  const { tree } = stageFolders(context, stage.name);
  try {
    await runStage(context, input, `${context.logDir}/${stage.name}.log`);
  } catch (error) {
    context.signal.throwIfAborted();
    await keepFailedTree(context, stage.name, tree);
    throw error;
  }
  await removeMountPoints(tree);
  await removeTree(failedTreeFolder(context.cacheDir, stage.name));
}

/** Puts the tree into the store; its folder there gets its name only when all of it is on disk. */
async function keepResult(context: BuildContext, stage: Stage, fingerprint: string): Promise<void> {
  context.emit({ type: 'stepStarted', stage: stage.name, step: 'keeping the result' });
  const folder = resultFolder(context.store, fingerprint);
  const draft = temporaryName(folder);
  await mkdir(draft, { recursive: true });
  const archive = await packTree(context.tools, {
    tree: stageFolders(context, stage.name).tree,
    file: `${draft}/rootfs.tar.zst`,
    epochSeconds: context.epochSeconds,
    signal: context.signal,
  });
  const about = { stage: stage.name, fingerprint, ...archive };
  await writeFileAtomically(`${draft}/stage.json`, `${JSON.stringify(about)}\n`);
  try {
    await publish(draft, folder);
  } catch (error) {
    await removeTree(draft);
    // Another build may have finished the same stage: the results are equal, one of them stays.
    if (!(await hasResult(context.store, fingerprint))) throw error;
  }
  await forgetOldResults(context.store, stage.name);
}

/** The store keeps what was used last. */
async function markAsUsed(store: StageStore, action: Action): Promise<void> {
  const now = new Date();
  await utimes(resultFolder(store, action.fingerprint), now, now);
}

async function keepFailedTree(context: BuildContext, stageName: string, tree: string): Promise<void> {
  const folder = failedTreeFolder(context.cacheDir, stageName);
  await removeTree(folder);
  await mkdir(`${context.cacheDir}/failed`, { recursive: true });
  await rename(tree, folder).catch(() => {});
}

async function rememberParts(store: StageStore, action: Action): Promise<void> {
  const parts = { ...(await readLastParts(store)), [action.stage]: action.parts };
  await writeFileAtomically(store.lastPartsFile, JSON.stringify(parts));
}

/** Removes the results of a stage that were not used for longest; one that does not say whose it is stays. */
export async function forgetOldResults(store: StageStore, stageName: string): Promise<void> {
  const results: { folder: string; usedMs: number }[] = [];
  for (const name of await readdir(store.folder)) {
    const folder = `${store.folder}/${name}`;
    if (name.includes('.draft-') || (await stageOf(folder)) !== stageName) continue;
    results.push({ folder, usedMs: (await stat(folder)).mtimeMs });
  }
  results.sort((a, b) => b.usedMs - a.usedMs);
  for (const { folder } of results.slice(keptResults)) await removeTree(folder);
}

/** Undefined if its stage.json is missing or damaged. */
async function stageOf(folder: string): Promise<string | undefined> {
  try {
    const text = await readFile(`${folder}/stage.json`, 'utf8');
    return (JSON.parse(text) as { stage?: string }).stage;
  } catch {
    return undefined;
  }
}

/** The stages with EXPORT_IMAGE; as in pi-gen, also one that is skipped says so. */
function exportedStages(stages: readonly Stage[]): Stage[] {
  const exported = stages.filter((stage) => stage.exportImage !== undefined && !stage.isSkipped);
  if (exported.length > 0) return exported;
  throw new HearthError('ERR_STAGE_INVALID', {
    what: 'No stage of this build exports an image.',
    why: 'Its stages have no file EXPORT_IMAGE, or SKIP_IMAGES beside it.',
    todo: 'Put an empty file EXPORT_IMAGE into the stage after which the image is made.',
    state: 'The stages are built and kept.',
  });
}
