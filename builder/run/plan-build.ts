import { readFile } from 'node:fs/promises';
import type { PackageSet } from '../debian/package-file.ts';
import type { Packages } from '../debian/packages.ts';
import { toolsTreeKey } from '../host/tools-tree.ts';
import { type Fingerprint, type FingerprintParts, fingerprintStage } from '../plan/fingerprint.ts';
import type { History } from '../plan/history.ts';
import { emptyTree, type Layer, type LayerStore } from '../plan/layer-store.ts';
import { type Action, makePlan, type PlannedStage } from '../plan/planner.ts';
import type { Project } from '../plan/project.ts';
import { buildSteps } from '../stage/build-steps.ts';
import { discoverStages } from '../stage/discover.ts';
import { listFiles } from '../stage/inputs.ts';
import { selectStages } from '../stage/select.ts';
import type { Stage } from '../stage/stage.ts';
import { digestOf } from '../text/digest.ts';
import { imageArchitecture } from './context.ts';
import { epochOf, visibleConfig } from './stage-input.ts';
import { type FoundStep, isRefusedByApt, type PlacedStep, StepFinder } from './step-finder.ts';

export interface PlanOptions {
  readonly project: Project;
  readonly store: LayerStore;
  readonly packages: Packages;
  readonly history: History;
}

/**
 * Computes the fingerprint of each stage and looks which layers the cache has. Asks the archive what moved, if it was not
 * asked lately. No tree is touched.
 */
export async function planBuild(options: PlanOptions): Promise<Action[]> {
  const { project, history } = options;
  const fingerprints = await fingerprintStages(project);
  const finder = await makeFinder(options);
  const planned: PlannedStage[] = [];
  let tree: string | undefined = emptyTree;
  let previous: Stage | undefined;
  for (const [index, stage] of project.stages.entries()) {
    const fingerprint = fingerprints[index];
    if (!fingerprint) {
      planned.push({ stage, fingerprint, progress: 'finished' });
      continue;
    }
    const walked = await walkStage(finder, { stage, previous, project, tree });
    const packages = walked.packages ?? packageParts(history.parts[stage.name] ?? {});
    const parts = { ...fingerprint.parts, 'tools tree': toolsTreeKey(), ...packages };
    planned.push({ stage, fingerprint: { digest: fingerprint.digest, parts }, progress: walked.progress });
    tree = walked.tree;
    previous = stage;
  }
  return makePlan(planned, (name) => history.parts[name]);
}

/** The parts of a plan that tell the versions of packages. */
export function packagesAsParts(packages: PackageSet): FingerprintParts {
  return Object.fromEntries(packages.map(({ name, version }) => [`package ${name}`, version]));
}

/** True if the stage's files are still those that the plan was made from. */
export async function isUnchanged(project: Project, action: Action): Promise<boolean> {
  const { stages } = await discoverStages(project.projectDir);
  const names = project.stages.map((stage) => stage.name);
  const wanted = await selectStages(project.projectDir, stages, names);
  const baked = new Map(project.stages.map((stage) => [stage.name, stage.baked ?? []]));
  const stagesNow = wanted.map((stage) => ({ ...stage, baked: baked.get(stage.name) ?? [] }));
  const now = await fingerprintStages({ ...project, stages: stagesNow });
  return now.some((fingerprint) => fingerprint?.digest === action.fingerprint);
}

/** The finder of a project's layers. */
export async function makeFinder(options: {
  readonly project: Project;
  readonly store: LayerStore;
  readonly packages: Packages;
}): Promise<StepFinder> {
  const { project, store, packages } = options;
  return new StepFinder({
    store,
    packages,
    suite: project.config.debian.suite,
    base: await baseParts(project),
  });
}

/** The layers of all stages up to this one; undefined if one of them is not in the cache. */
export async function layersUpTo(
  options: Omit<PlanOptions, 'history'>,
  stageName: string,
): Promise<readonly Layer[] | undefined> {
  const { project } = options;
  const finder = await makeFinder(options);
  const layers: Layer[] = [];
  let previous: Stage | undefined;
  for (const stage of project.stages.filter(({ isSkipped }) => !isSkipped)) {
    const tree = layers.at(-1)?.tree ?? emptyTree;
    const walked = await walkStage(finder, { stage, previous, project, tree });
    if (walked.progress !== 'finished') return undefined;
    layers.push(...walked.layers);
    if (stage.name === stageName) return layers;
    previous = stage;
  }
  return undefined;
}

interface Walked {
  /** Those that are in the cache. */
  readonly layers: readonly Layer[];
  readonly progress: PlannedStage['progress'];
  /** Undefined if a layer is missing. */
  readonly tree: string | undefined;
  /** Undefined if not all of its packages are decided on. */
  readonly packages: FingerprintParts | undefined;
}

async function walkStage(
  finder: StepFinder,
  at: { stage: Stage; previous: Stage | undefined; project: Project; tree: string | undefined },
): Promise<Walked> {
  const { stage, previous, project } = at;
  let { tree } = at;
  if (tree === undefined) return { progress: 'unknown', layers: [], tree, packages: undefined };
  const layers: Layer[] = [];
  const steps = buildSteps(stage);
  const { data } = visibleConfig(project.config, stage);
  let packages: FingerprintParts = {};
  for (const [index, step] of steps.entries()) {
    const found = await findUnlessRefused(finder, { step, steps, stage, previous, data, tree });
    if (found?.packages) packages = { ...packages, ...packagesAsParts(found.packages) };
    if (!found?.layer) {
      const rest = steps.slice(found ? index + 1 : index);
      const isDecided = !rest.some(({ kind }) => kind.startsWith('packages') || kind === 'prerun');
      return {
        progress: { done: index, next: step.label },
        layers,
        tree: undefined,
        packages: isDecided ? packages : undefined,
      };
    }
    layers.push(found.layer);
    tree = found.layer.tree;
  }
  return { progress: 'finished', layers, tree, packages };
}

/** A list that apt refuses is no reason not to plan: the build says it at that step, with file and line. */
async function findUnlessRefused(finder: StepFinder, placed: PlacedStep): Promise<FoundStep | undefined> {
  try {
    return await finder.find(placed);
  } catch (error) {
    if (isRefusedByApt(error, placed.step)) return undefined;
    throw error;
  }
}

async function fingerprintStages(project: Project): Promise<(Fingerprint | undefined)[]> {
  const base = await baseParts(project);
  const fingerprints: (Fingerprint | undefined)[] = [];
  let parent: string | undefined;
  for (const stage of project.stages) {
    if (stage.isSkipped) {
      fingerprints.push(undefined);
      continue;
    }
    const fingerprint = await fingerprintStage({
      parent,
      stageName: stage.name,
      config: visibleConfig(project.config, stage).data,
      files: stage.inputs,
      ...(stage.baked === undefined ? {} : { baked: stage.baked }),
      base,
    });
    fingerprints.push(fingerprint);
    parent = fingerprint.digest;
  }
  return fingerprints;
}

function packageParts(parts: FingerprintParts): FingerprintParts {
  return Object.fromEntries(Object.entries(parts).filter(([name]) => name.startsWith('package ')));
}

/** What is the same for all stages, on whatever host. */
async function baseParts(project: Project): Promise<Record<string, string>> {
  return {
    architecture: imageArchitecture,
    'image.date': String(epochOf(project.config)),
    'step runner': await runnerDigest(),
  };
}

/** What turns a stage's files into a tree: the runner's own files, Hearth's version, and the libraries that render. */
async function runnerDigest(): Promise<string> {
  const files = [...(await listFiles(`${import.meta.dirname}/shell`)), `${import.meta.dirname}/layer.ts`];
  const texts = await Promise.all(files.map(async (file) => await readFile(file, 'utf8')));
  const about = JSON.parse(await readFile(`${import.meta.dirname}/../../package.json`, 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };
  const { esbuild, handlebars } = about.dependencies;
  return digestOf([texts, about.version, esbuild, handlebars]).slice(0, 16);
}
