import { mkdir } from 'node:fs/promises';
import type { Packages } from '../debian/packages.ts';
import { HearthError } from '../errors/hearth-error.ts';
import type { ToolsTree } from '../host/tools-tree.ts';
import { removeTree } from '../host/workspace.ts';
import { type History, historyFile, readHistory } from '../plan/history.ts';
import { layerFolder, layerStore } from '../plan/layer-store.ts';
import type { Project } from '../plan/project.ts';
import type { Stage } from '../stage/stage.ts';
import { StageBuilder } from './build-stage.ts';
import { cleanCache } from './clean-cache.ts';
import type { BuildContext } from './context.ts';
import { Estimate } from './estimate.ts';
import type { Emit } from './events.ts';
import type { BuiltImage } from './export-image.ts';
import { DamagedLayer, LiveTree } from './live-tree.ts';
import { makeFinder, planBuild } from './plan-build.ts';
import { provideArtifacts } from './provide-artifacts.ts';
import { epochOf } from './stage-input.ts';
import { makeWorkFolder } from './work-folder.ts';

export interface BuildRequest {
  readonly project: Project;
  readonly cacheDir: string;
  readonly outDir: string;
  /** Hearth's version. */
  readonly version: string;
  readonly packages: Packages;
  readonly tools: ToolsTree;
  /** The public archive that the finished device uses. */
  readonly deviceMirror: { readonly main: string; readonly security: string };
  /** No step gets a network. */
  readonly isOffline: boolean;
  /** Lines of apt.conf(5): proxies and time limits of downloads. */
  readonly aptOptions: () => Promise<readonly string[]>;
  /** Where the proxies of registries are read from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/**
 * Builds what the plan says and exports the images. What each step changed is kept as a layer as soon as the step is
 * finished, so a build that was interrupted or killed goes on at the step that was running.
 */
export async function build(request: BuildRequest): Promise<BuiltImage[]> {
  assertExports(request.project.stages);
  for (;;) {
    try {
      return await attempt(request);
    } catch (error) {
      if (!(error instanceof DamagedLayer)) throw error;
      request.emit({ type: 'warning', text: `${error.message}; that step runs again` });
      await removeTree(layerFolder(layerStore(request.cacheDir), error.layer.key));
    }
  }
}

/** Walks through all steps: takes the layers that the cache has, and runs the other steps. */
async function attempt(request: BuildRequest): Promise<BuiltImage[]> {
  const { project, cacheDir, emit, packages } = request;
  const workDir = await makeWorkFolder(cacheDir);
  try {
    const store = layerStore(cacheDir);
    const file = historyFile(cacheDir, project.projectDir);
    const history: History = await readHistory(file);
    const actions = await planBuild({ project, store, packages, history });
    emit({ type: 'planned', actions });
    await provideArtifacts(actions, request);
    const context = makeContext(request, workDir);
    await mkdir(context.logDir, { recursive: true });
    const builder = new StageBuilder(context, {
      project,
      packages,
      outDir: request.outDir,
      tree: new LiveTree(context),
      finder: await makeFinder({ project, store, packages }),
      estimate: new Estimate(project.stages, actions, history),
      history: { file, known: history },
    });
    for (const [index, stage] of project.stages.entries()) {
      const action = actions[index];
      if (!action) throw new TypeError('a stage without an action');
      await builder.build(stage, action, actions.slice(0, index + 1));
    }
    await builder.finish();
    await cleanCache(cacheDir);
    return [...builder.images];
  } finally {
    await removeTree(workDir);
  }
}

function makeContext(request: BuildRequest, workDir: string): BuildContext {
  const { project, cacheDir, outDir, tools, deviceMirror, isOffline, version, emit, signal } = request;
  return {
    projectDir: project.projectDir,
    cacheDir,
    workDir,
    logDir: `${outDir}/logs`,
    store: layerStore(cacheDir),
    tools,
    suite: project.config.debian.suite,
    isOffline,
    deviceMirror,
    epochSeconds: epochOf(project.config),
    version,
    emit,
    signal,
  };
}

/** Throws ERR_STAGE_INVALID if no image would come out. As in pi-gen, a skipped stage exports none. */
function assertExports(stages: readonly Stage[]): void {
  if (stages.some((stage) => stage.exportImage !== undefined && !stage.isSkipped)) return;
  throw new HearthError('ERR_STAGE_INVALID', {
    what: 'No stage of this build exports an image.',
    why: 'Its stages have no file EXPORT_IMAGE, or SKIP_IMAGES beside it.',
    todo: 'Put an empty file EXPORT_IMAGE into the stage after which the image is made.',
    state: 'Nothing was built.',
  });
}
