import { describe, expect, it } from 'vitest';
import type { PackageSet } from '../../../builder/debian/package-file.ts';
import { type PackageStep, Packages, type ViewSource } from '../../../builder/debian/packages.ts';
import { emptyTree, type Layer, layerFolder, layerStore } from '../../../builder/plan/layer-store.ts';
import { type PlacedStep, StepFinder } from '../../../builder/run/step-finder.ts';
import { buildSteps } from '../../../builder/stage/build-steps.ts';
import { discoverStages } from '../../../builder/stage/discover.ts';
import { addFiles, executable, fileTree, type TreeEntry } from '../../helpers/file-tree.ts';
import { makeStage } from '../../helpers/make-stage.ts';
import { samplePackage } from '../../helpers/sample-packages.ts';

function unused(): Promise<never> {
  return Promise.reject(new Error('not needed'));
}

/** Decides on the same packages for each step, and remembers what it was asked. */
class FixedPackages extends Packages {
  readonly questions: PackageStep[] = [];
  readonly #answer: PackageSet;
  readonly #needsTree: boolean;

  constructor(answer: PackageSet, needsTree = false) {
    super({
      ...{ cacheDir: '/none', architecture: 'arm64', lock: undefined, isOffline: true, isRefresh: false },
      ...{ tools: unused, mirror: unused, device: unused },
    });
    this.#answer = answer;
    this.#needsTree = needsTree;
  }

  override async decide(step: PackageStep, tree: ViewSource | undefined): Promise<PackageSet | undefined> {
    this.questions.push(step);
    await Promise.resolve();
    return this.#needsTree && !tree ? undefined : this.#answer;
  }
}

/** The first step of a stage of these files, and a finder for it. */
async function placedIn(
  files: Readonly<Record<string, TreeEntry>>,
  packages = new FixedPackages([samplePackage()]),
) {
  const projectDir = await fileTree(
    Object.fromEntries(Object.entries(files).map(([path, entry]) => [`stages/10-a/${path}`, entry])),
  );
  const [stage] = (await discoverStages(projectDir)).stages;
  if (!stage) throw new Error('no stage was found');
  const steps = buildSteps(stage);
  const [step] = steps;
  if (!step) throw new Error('no step was found');
  const placed: PlacedStep = { step, steps, stage, previous: undefined, data: {}, tree: emptyTree };
  const store = layerStore(`${projectDir}/cache`);
  const finder = new StepFinder({ store, packages, suite: 'trixie', base: { architecture: 'arm64' } });
  return { placed, store, finder, packages };
}

const list = { '00-packages': 'sudo  # why\n\nbash/trixie-backports\n' };

describe('finding a step', () => {
  it('asks for the packages of its list, with or without recommended ones', async () => {
    const { finder, placed, packages } = await placedIn(list);
    const plain = await placedIn({ '00-packages-nr': 'sudo\n' });

    const found = await finder.find(placed);
    await plain.finder.find(plain.placed);

    expect(found?.packages).toEqual([samplePackage()]);
    expect(packages.questions[0]).toMatchObject({
      stage: '10-a',
      step: '00-packages',
      request: { names: ['sudo', 'bash/trixie-backports'], withRecommends: true },
    });
    expect(plain.packages.questions[0]?.request).toEqual({ names: ['sudo'], withRecommends: false });
  });

  it('gives a decision a name by the tree and the list, not by the place of the list', async () => {
    const one = await placedIn(list);
    const moved = await placedIn({ '05-packages': 'sudo bash/trixie-backports\n' });
    const later = { ...one.placed, tree: 'other' };

    for (const { finder, placed } of [one, moved, { ...one, placed: later }]) await finder.find(placed);

    const [first, third] = one.packages.questions.map(({ id }) => id);
    expect(moved.packages.questions[0]?.id).toBe(first);
    expect(third).not.toBe(first);
  });

  it.each<[string, Readonly<Record<string, TreeEntry>>]>([
    ['a script', { '00-run.sh': executable('#!/bin/sh\n') }],
    ['a list of nothing', { '00-packages': '# none\n' }],
    ['a prerun.sh that copies', { 'prerun.sh': executable('#!/bin/sh\ncopy_previous\n') }],
    [
      'a prerun.sh that only tells of it',
      { 'prerun.sh': executable('#!/bin/sh\n# bootstrap\necho no bootstrap\n') },
    ],
  ])('asks for no packages for %s', async (_what, files) => {
    const { finder, placed, packages } = await placedIn(files);

    const found = await finder.find(placed);

    expect(found).toMatchObject({ packages: undefined, layer: undefined });
    expect(packages.questions).toEqual([]);
  });

  it('asks for the minimal system where the first stage makes one', async () => {
    const prerun = { 'prerun.sh': executable('#!/bin/sh\nset -e\n  bootstrap trixie "$ROOTFS_DIR"\n') };
    const { finder, placed, packages } = await placedIn(prerun);

    await finder.find(placed);

    expect(packages.questions).toHaveLength(1);
    expect(packages.questions[0]?.request.names).toContain('apt');
    expect(packages.questions[0]?.request.names.join()).toContain('?essential');
    expect(packages.questions[0]?.request.withRecommends).toBe(false);
    const behind = { ...placed, previous: makeStage('00-base') };
    await finder.find(behind);
    expect(packages.questions).toHaveLength(1);
  });

  it('is put off if the packages can not be known without the tree', async () => {
    const { finder, placed } = await placedIn(list, new FixedPackages([samplePackage()], true));

    expect(await finder.find(placed)).toBeUndefined();
    expect((await finder.find(placed, async () => {}))?.packages).toEqual([samplePackage()]);
  });

  it('finds the layer that was kept under its key, and no other', async () => {
    const { finder, placed, store } = await placedIn(list);
    const before = await finder.find(placed);
    if (!before) throw new Error('the step must be found');
    expect(before.layer).toBeUndefined();
    const layer: Layer = {
      ...{ key: before.key, stage: '10-a', step: '00-packages', tree: 't', durationMs: 1 },
      ...{ sha256: 'a', removedSha256: 'b', sizeBytes: 4 },
    };
    await addFiles(layerFolder(store, before.key), {
      'layer.json': JSON.stringify(layer),
      'layer.tar.zst': 'text',
    });

    expect((await finder.find(placed))?.layer).toEqual(layer);
    expect((await finder.find({ ...placed, tree: 'other' }))?.layer).toBeUndefined();
  });

  it('has another key for other packages', async () => {
    const old = await placedIn(list);
    const moved = await placedIn(list, new FixedPackages([samplePackage({ sha256: 'f'.repeat(64) })]));

    const keys = [await old.finder.find(old.placed), await moved.finder.find(moved.placed)];

    expect(keys[1]?.inputs).toBe(keys[0]?.inputs);
    expect(keys[1]?.key).not.toBe(keys[0]?.key);
  });

  it('sees when its files change meanwhile', async () => {
    const { finder, placed } = await placedIn(list);
    const found = await finder.find(placed);

    expect(await finder.inputs(placed)).toBe(found?.inputs);
    await addFiles(placed.stage.path, { '00-packages': 'sudo tar\n' });
    expect(await finder.inputs(placed)).not.toBe(found?.inputs);
  });
});
