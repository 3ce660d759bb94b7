import { mkdir, rename } from 'node:fs/promises';
import type { LockedStep } from '../debian/lock.ts';
import { type Packages, viewOfNothing, viewOfTree } from '../debian/packages.ts';
import { HearthError } from '../errors/hearth-error.ts';
import { removeTree, writeFileAtomically } from '../host/workspace.ts';
import { type History, withBuild } from '../plan/history.ts';
import { emptyTree, type Layer, markAsUsed } from '../plan/layer-store.ts';
import type { Action } from '../plan/planner.ts';
import type { Project } from '../plan/project.ts';
import { type BuildStep, buildSteps } from '../stage/build-steps.ts';
import type { Stage } from '../stage/stage.ts';
import type { BuildContext, StageInput } from './context.ts';
import { durationKey, type Estimate } from './estimate.ts';
import { type BuiltImage, exportImage } from './export-image.ts';
import type { LiveTree } from './live-tree.ts';
import { isUnchanged, packagesAsParts } from './plan-build.ts';
import { visibleConfig } from './stage-input.ts';
import { type FoundStep, isRefusedByApt, type PlacedStep, type StepFinder } from './step-finder.ts';
import { StepRunner } from './step-runner.ts';
import { failedTreeFolder } from './work-folder.ts';

export interface StageBuilderParts {
  readonly project: Project;
  readonly packages: Packages;
  readonly outDir: string;
  readonly tree: LiveTree;
  readonly finder: StepFinder;
  readonly estimate: Estimate;
  readonly history: { readonly file: string; readonly known: History };
}

/** Builds one stage after the other, and knows what the ones before have left. */
export class StageBuilder {
  readonly images: BuiltImage[] = [];
  readonly #context: BuildContext;
  readonly #parts: StageBuilderParts;
  /** Those of all steps so far, reused or new. */
  readonly #layers: Layer[] = [];
  #history: History;
  #previous: Stage | undefined;
  /** Why the stage is built, and which of its steps the listeners heard of last. */
  #reason = '';
  #announced = '';

  constructor(context: BuildContext, parts: StageBuilderParts) {
    this.#context = context;
    this.#parts = parts;
    this.#history = parts.history.known;
  }

  /** Builds one stage, and exports its image if it has one. `upTo` are the actions up to its own. */
  async build(stage: Stage, action: Action, upTo: readonly Action[]): Promise<void> {
    const startedAt = Date.now();
    const isBuilt = action.kind !== 'skip' && (await this.#buildSteps(stage, action));
    const result = action.kind === 'skip' ? 'skipped' : isBuilt ? 'built' : 'reused';
    // The plan could not know that a step before would give the same tree as last time.
    const reason = action.kind === 'build' && !isBuilt ? 'the tree before it is the same' : action.reason;
    const durationMs = Date.now() - startedAt;
    this.#context.emit({ type: 'stageFinished', stage: stage.name, result, reason, durationMs });
    if (action.kind === 'skip') return;
    this.#previous = stage;
    if (stage.exportImage !== undefined) await this.#export(stage, upTo);
  }

  /** Remembers a build that went through. */
  async finish(): Promise<void> {
    const keys = this.#layers.map(({ key }) => key);
    await this.#remember(withBuild(this.#history, keys));
  }

  get #treeId(): string {
    return this.#layers.at(-1)?.tree ?? emptyTree;
  }

  /** True if at least one step ran. */
  async #buildSteps(stage: Stage, action: Action): Promise<boolean> {
    const { project, tree } = this.#parts;
    const visible = visibleConfig(project.config, stage);
    const steps = buildSteps(stage);
    await tree.enterStage(stage.name);
    const input: StageInput = { stage, previous: this.#previous, ...visible };
    const runner = new StepRunner(this.#context, input, tree.path);
    const first = this.#layers.length;
    this.#announced = '';
    this.#reason = action.reason;
    let ran = 0;
    try {
      for (const step of steps) {
        this.#context.signal.throwIfAborted();
        const placed: PlacedStep = {
          ...{ step, steps, stage, previous: this.#previous, data: visible.data },
          tree: this.#treeId,
        };
        const found = await this.#find(placed, runner);
        if (found.layer) {
          await markAsUsed(this.#context.store, found.key);
          this.#layers.push(found.layer);
          continue;
        }
        ran += 1;
        this.#layers.push(await this.#run(placed, found, runner));
      }
    } finally {
      await runner.end();
    }
    if (ran > 0) {
      // What the plan and the image's manifest say must be what was built.
      if (!(await isUnchanged(project, action))) throw changedWhileBuilding(stage);
    }
    await removeTree(failedTreeFolder(this.#context.cacheDir, stage.name));
    const packages = this.#layers.slice(first).flatMap((layer) => layer.packages ?? []);
    await this.#rememberParts(action, packages);
    return ran > 0;
  }

  /** Looks a step up; the tree is unpacked if the choice of packages needs it. */
  async #find(placed: PlacedStep, runner: StepRunner): Promise<FoundStep> {
    const { finder, tree } = this.#parts;
    const { tools, suite, deviceMirror } = this.#context;
    try {
      const early = await finder.find(placed);
      if (early) return early;
      this.#announce(placed.step, placed.stage);
      await tree.bring(this.#layers);
      const view =
        this.#layers.length === 0 ? viewOfNothing(tools, suite, deviceMirror) : viewOfTree(tools, tree.path);
      const found = await finder.find(placed, view);
      if (!found) throw new TypeError('a step that can not be found');
      return found;
    } catch (error) {
      if (!isRefusedByApt(error, placed.step)) throw error;
      this.#announce(placed.step, placed.stage);
      // For `hearth shell`.
      await tree.bring(this.#layers);
      const failure = await runner.failure(placed.step, 100, (error.details ?? '').split('\n'));
      await this.#keepFailedTree(placed.stage);
      throw failure;
    }
  }

  async #run(placed: PlacedStep, found: FoundStep, runner: StepRunner): Promise<Layer> {
    const { step, stage } = placed;
    const { finder, packages, tree } = this.#parts;
    this.#announce(step, stage);
    await tree.bring(this.#layers);
    if (found.packages) await packages.provide(found.packages);
    const startedAt = Date.now();
    try {
      await runner.run(step, found.packages);
    } catch (error) {
      this.#context.signal.throwIfAborted();
      await this.#keepFailedTree(stage);
      throw error;
    }
    // A layer under the wrong key would be believed for ever.
    if ((await finder.inputs(placed)) !== found.inputs) throw changedWhileBuilding(stage);
    const durationMs = Date.now() - startedAt;
    const layer = await tree.pack({
      ...{ key: found.key, stage: stage.name, step: step.label, before: placed.tree, durationMs },
      ...(found.packages ? { packages: found.packages } : {}),
    });
    await this.#rememberDuration(stage.name, step.label, Date.now() - startedAt);
    return layer;
  }

  async #export(stage: Stage, upTo: readonly Action[]): Promise<void> {
    const { project, packages, outDir, tree } = this.#parts;
    const startedAt = Date.now();
    const image = await exportImage(this.#context, {
      ...{ project, stage, actions: upTo, outDir, tree, layers: this.#layers },
      locked: lockedSteps(this.#layers),
      asked: packages.asked,
      leftMs: this.#parts.estimate.leftFrom(stage.name, 'image'),
    });
    if (image.isNew) await this.#rememberDuration(stage.name, 'image', Date.now() - startedAt);
    this.images.push(image);
  }

  #announce(step: BuildStep, stage: Stage): void {
    if (this.#announced === step.label) return;
    if (this.#announced === '') {
      this.#context.emit({ type: 'stageStarted', stage: stage.name, reason: this.#reason });
    }
    this.#announced = step.label;
    const leftMs = this.#parts.estimate.leftFrom(stage.name, step.label);
    this.#context.emit({ type: 'stepStarted', stage: stage.name, step: step.label, leftMs });
  }

  /** Puts the tree of a failed step where `hearth shell` finds it. */
  async #keepFailedTree(stage: Stage): Promise<void> {
    const folder = failedTreeFolder(this.#context.cacheDir, stage.name);
    await removeTree(folder);
    await mkdir(`${this.#context.cacheDir}/failed`, { recursive: true });
    await rename(this.#parts.tree.path, folder).catch(() => {});
  }

  async #rememberDuration(stage: string, step: string, durationMs: number): Promise<void> {
    const durations = { ...this.#history.durations, [durationKey(stage, step)]: durationMs };
    await this.#remember({ ...this.#history, durations });
  }

  async #rememberParts(action: Action, packages: NonNullable<Layer['packages']>): Promise<void> {
    const own = Object.entries(action.parts).filter(([name]) => !name.startsWith('package '));
    const parts = { ...Object.fromEntries(own), ...packagesAsParts(packages) };
    if (JSON.stringify(this.#history.parts[action.stage]) === JSON.stringify(parts)) return;
    await this.#remember({ ...this.#history, parts: { ...this.#history.parts, [action.stage]: parts } });
  }

  async #remember(history: History): Promise<void> {
    this.#history = history;
    await writeFileAtomically(this.#parts.history.file, JSON.stringify(history));
  }
}

/** What the steps of these layers installed. */
function lockedSteps(layers: readonly Layer[]): LockedStep[] {
  return layers.flatMap(({ stage, step, packages }) => (packages ? [{ stage, step, packages }] : []));
}

function changedWhileBuilding(stage: Stage): HearthError {
  return new HearthError('ERR_STEP_FAILED', {
    what: `Files of ${stage.name}, or of a stage before it, changed while it was built.`,
    why: 'Its result may be a mixture of the old and the new files, so it was not kept.',
    todo: 'Run the build again.',
    state: 'Nothing is left mounted; the steps before are kept.',
  });
}
