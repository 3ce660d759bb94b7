import { mkdir, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { HearthError } from '../errors/hearth-error.ts';
import { findMirror, mmdebstrapDefault } from '../host/mirror.ts';
import { ensureToolsTree } from '../host/tools-tree.ts';
import { publish, removeTree, temporaryName, writeFileAtomically } from '../host/workspace.ts';
import type { Action } from '../plan/planner.ts';
import type { Project } from '../plan/project.ts';
import { readLastParts, resultFolder, type StageStore, stageStore } from '../plan/state-store.ts';
import type { Stage } from '../stage/stage.ts';
import type { BuildContext, StageInput } from './context.ts';
import type { Emit } from './events.ts';
import { type BuiltImage, exportImage } from './export-image.ts';
import { planBuild } from './plan-build.ts';
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
  const mirror = await findMirror({ mirror: debian.mirror, securityMirror: debian.securityMirror });
  const startedAt = Date.now();
  emit({ type: 'taskStarted', task: 'tools tree' });
  const tools = await ensureToolsTree({
    cacheDir,
    mirror: async () => mirror,
    onLine: (line) => emit({ type: 'output', line }),
    signal,
  });
  emit({ type: 'taskFinished', task: 'tools tree', durationMs: Date.now() - startedAt });
  if (actions.some((action) => action.kind === 'build')) {
    await preparePackages(workDir, cacheDir, mirror, debian.suite);
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

async function buildStages(
  context: BuildContext,
  project: Project,
  actions: readonly Action[],
): Promise<void> {
  let previous: { stage: Stage; fingerprint: string; isInPlace: boolean } | undefined;
  for (const [index, stage] of project.stages.entries()) {
    const action = actions[index];
    if (!action) throw new TypeError('a stage without an action');
    const startedAt = Date.now();
    const finish = (result: 'built' | 'reused' | 'skipped') =>
      context.emit({
        type: 'stageFinished',
        stage: stage.name,
        result,
        reason: action.reason,
        durationMs: Date.now() - startedAt,
      });
    if (action.kind === 'skip') {
      finish('skipped');
      continue;
    }
    if (action.kind === 'build') {
      context.signal.throwIfAborted();
      context.emit({ type: 'stageStarted', stage: stage.name, reason: action.reason });
      if (previous) await takeTree(context, previous, stage);
      const visible = visibleConfig(project.config, stage);
      await buildStage(context, {
        stage,
        previous: previous?.stage,
        fingerprint: action.fingerprint,
        ...visible,
      });
      await rememberParts(context.store, action);
    } else {
      // The store keeps what was used last.
      const now = new Date();
      await utimes(resultFolder(context.store, action.fingerprint), now, now);
    }
    previous = { stage, fingerprint: action.fingerprint, isInPlace: action.kind === 'build' };
    finish(action.kind === 'build' ? 'built' : 'reused');
  }
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

async function buildStage(context: BuildContext, input: StageInput): Promise<void> {
  const { stage, fingerprint } = input;
  const { tree } = stageFolders(context, stage.name);
  const logFile = `${context.logDir}/${stage.name}.log`;
  try {
    await runStage(context, input, logFile);
  } catch (error) {
    context.signal.throwIfAborted();
    await keepFailedTree(context, stage.name, tree);
    throw error;
  }
  await removeMountPoints(tree);
  context.emit({ type: 'stepStarted', stage: stage.name, step: 'keeping the result' });
  const folder = resultFolder(context.store, fingerprint);
  const draft = temporaryName(folder);
  await mkdir(draft, { recursive: true });
  const archive = await packTree(context.tools, {
    tree,
    file: `${draft}/rootfs.tar.zst`,
    epochSeconds: context.epochSeconds,
    signal: context.signal,
  });
  await writeFile(
    `${draft}/stage.json`,
    `${JSON.stringify({ stage: stage.name, fingerprint, ...archive })}\n`,
  );
  // Another build may have finished the same stage: the results are equal, one of them stays.
  await publish(draft, folder).catch(async () => await removeTree(draft));
  await forgetOldResults(context.store, stage.name);
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

async function forgetOldResults(store: StageStore, stageName: string): Promise<void> {
  const results: { folder: string; usedMs: number }[] = [];
  for (const name of await readdir(store.folder)) {
    const folder = `${store.folder}/${name}`;
    const text = await readFile(`${folder}/stage.json`, 'utf8').catch(() => '{}');
    if ((JSON.parse(text) as { stage?: string }).stage !== stageName || name.includes('.draft-')) continue;
    results.push({ folder, usedMs: (await stat(folder)).mtimeMs });
  }
  results.sort((a, b) => b.usedMs - a.usedMs);
  for (const { folder } of results.slice(keptResults)) await removeTree(folder);
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
