import { readFile } from 'node:fs/promises';
import type { PackageSet } from '../debian/package-file.ts';
import { packagesDigest } from '../debian/package-file.ts';
import type { Packages, ViewSource } from '../debian/packages.ts';
import { minimalSystem, type PackageRequest } from '../debian/resolve.ts';
import { HearthError } from '../errors/hearth-error.ts';
import { findLayer, type Layer, type LayerStore, layerKey } from '../plan/layer-store.ts';
import { stepInputs } from '../plan/step-inputs.ts';
import type { BuildStep } from '../stage/build-steps.ts';
import type { Stage } from '../stage/stage.ts';
import { parsePackageList } from '../stage/step.ts';
import { digestOf } from '../text/digest.ts';
import { imageArchitecture } from './context.ts';

/** A step at its place in the build. */
export interface PlacedStep {
  readonly step: BuildStep;
  /** All steps of its stage. */
  readonly steps: readonly BuildStep[];
  readonly stage: Stage;
  readonly previous: Stage | undefined;
  /** The config values that the stage sees. */
  readonly data: unknown;
  /** Identity of the tree that the step gets. */
  readonly tree: string;
}

/** What is known of a step before it runs. */
export interface FoundStep {
  readonly key: string;
  /** What it will install; undefined for a step that installs nothing. */
  readonly packages: PackageSet | undefined;
  /** Its layer, if the cache has it. */
  readonly layer: Layer | undefined;
  /** Digest of its inputs, to see whether they change while it runs. */
  readonly inputs: string;
}

/** True if apt refused the step's own list of packages: a mistake of that step, of no other. */
export function isRefusedByApt(error: unknown, step: BuildStep): error is HearthError {
  const isApt = error instanceof HearthError && error.code === 'ERR_COMMAND_FAILED';
  return isApt && step.kind.startsWith('packages');
}

/** Finds the layers of steps in the cache. */
export class StepFinder {
  readonly #store: LayerStore;
  readonly #packages: Packages;
  readonly #suite: string;
  readonly #base: Readonly<Record<string, string>>;

  constructor(options: {
    readonly store: LayerStore;
    readonly packages: Packages;
    readonly suite: string;
    readonly base: Readonly<Record<string, string>>;
  }) {
    this.#store = options.store;
    this.#packages = options.packages;
    this.#suite = options.suite;
    this.#base = options.base;
  }

  /** Digest of what the step depends on, beside the tree and the packages. */
  async inputs({ step, steps, stage, previous, data }: PlacedStep): Promise<string> {
    return await stepInputs({ step, steps, stage, previous: previous?.name, config: data, base: this.#base });
  }

  /**
   * What is known of a step. Undefined if its packages can't be decided on without the tree, and `view` is undefined.
   */
  async find(placed: PlacedStep, view?: ViewSource): Promise<FoundStep | undefined> {
    const inputs = await this.inputs(placed);
    const request = await this.#request(placed);
    let packages: PackageSet | undefined;
    if (request) {
      const { stage, step, tree } = placed;
      const id = digestOf([request, tree, imageArchitecture]).slice(0, 32);
      packages = await this.#packages.decide({ stage: stage.name, step: step.label, request, id }, view);
      if (!packages) return undefined;
    }
    const key = layerKey(inputs, placed.tree, packages && packagesDigest(packages));
    return { key, packages, layer: await findLayer(this.#store, key), inputs };
  }

  async #request({ step, previous }: PlacedStep): Promise<PackageRequest | undefined> {
    if (step.kind === 'packages' || step.kind === 'packages-nr') {
      const names = parsePackageList(await readFile(step.path, 'utf8')).map(({ name }) => name);
      return names.length === 0 ? undefined : { names, withRecommends: step.kind === 'packages' };
    }
    if (step.kind !== 'prerun' || previous) return undefined;
    const text = await readFile(step.path, 'utf8');
    return /^\s*bootstrap\b/m.test(text) ? minimalSystem(this.#suite, imageArchitecture) : undefined;
  }
}
