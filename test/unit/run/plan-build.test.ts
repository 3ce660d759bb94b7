import { rm, utimes } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { requireConfig } from '../../../builder/config/load.ts';
import type { DebianLock } from '../../../builder/debian/lock.ts';
import type { PackageFile } from '../../../builder/debian/package-file.ts';
import { Packages } from '../../../builder/debian/packages.ts';
import type { History } from '../../../builder/plan/history.ts';
import {
  emptyTree,
  type Layer,
  layerFolder,
  layerStore,
  treeAfter,
} from '../../../builder/plan/layer-store.ts';
import type { Project } from '../../../builder/plan/project.ts';
import { isUnchanged, layersUpTo, makeFinder, planBuild } from '../../../builder/run/plan-build.ts';
import { visibleConfig } from '../../../builder/run/stage-input.ts';
import { buildSteps } from '../../../builder/stage/build-steps.ts';
import { discoverStages } from '../../../builder/stage/discover.ts';
import type { Stage } from '../../../builder/stage/stage.ts';
import { addFiles, executable, fileTree, type TreeEntry } from '../../helpers/file-tree.ts';
import { load } from '../../helpers/load-config.ts';

const files = {
  'stages/00-a/stage.ts': "export const stage = { summary: 'a', reads: ['debian.suite'] };\n",
  'stages/00-a/00-packages': 'sudo\n',
  'stages/00-a/01-run.sh': executable('#!/bin/sh\n'),
  'stages/10-b/stage.ts': "export const stage = { summary: 'b', reads: ['hostname'], overlays: ['o'] };\n",
  'stages/20-c/stage.ts': "export const stage = { summary: 'c' };\n",
  'stages/20-c/00-run.sh': executable('#!/bin/sh\n'),
  'overlays/o/etc/a.conf': 'a',
};

async function read(projectDir: string, configText: string): Promise<Project> {
  const { stages } = await discoverStages(projectDir);
  return { projectDir, stages, config: requireConfig(await load(configText)), artifacts: [], unpinned: [] };
}

function sudo(version: string): PackageFile {
  const sha256 = version.padStart(64, '0');
  return {
    name: 'sudo',
    version,
    architecture: 'arm64',
    sizeBytes: 1,
    sha256,
    archive: 'debian',
    path: 'a.deb',
  };
}

/** Packages that need neither archive nor tools: those of a lock. */
function packagesWith(cacheDir: string, version: string): Packages {
  const lock: DebianLock = {
    ...{ image: 'x', architecture: 'arm64', suite: 'trixie', asked: '2026-11-23T00:00:00Z' },
    snapshots: { main: '', security: '' },
    tools: { architecture: 'amd64', packages: [] },
    steps: [{ stage: '00-a', step: '00-packages', packages: [sudo(version)] }],
  };
  const unused = () => Promise.reject(new Error('not needed'));
  return new Packages({
    ...{ cacheDir, lock, architecture: 'arm64', tools: unused, mirror: unused, device: unused },
    ...{ isOffline: true, isRefresh: false },
  });
}

/** A project with all its layers in the cache, as after a build with an empty config.yaml. */
async function builtProject() {
  const root = await fileTree(
    Object.fromEntries(Object.entries(files).map(([path, text]) => [`p/${path}`, text])),
  );
  const projectDir = `${root}/p`;
  const cacheDir = `${root}/cache`;
  const store = layerStore(cacheDir);
  const project = await read(projectDir, '');
  const layers = await keepLayers(project, cacheDir);
  const none: History = { parts: {}, durations: {}, layers: [] };
  const first = await planBuild({ project, store, packages: packagesWith(cacheDir, '1'), history: none });
  const history: History = {
    ...none,
    parts: Object.fromEntries(first.map((action) => [action.stage, action.parts])),
  };
  return {
    ...{ projectDir, project, cacheDir, store, layers },
    plan: async (configText = '', changed: Readonly<Record<string, TreeEntry>> = {}, version = '1') => {
      await addFiles(projectDir, changed);
      const options = { store, packages: packagesWith(cacheDir, version), history };
      const planned = await planBuild({ ...options, project: await read(projectDir, configText) });
      return planned.map(({ stage, kind, reason }) => `${stage} ${kind}: ${reason}`);
    },
  };
}

async function keepLayers(project: Project, cacheDir: string): Promise<Layer[]> {
  const store = layerStore(cacheDir);
  const finder = await makeFinder({ project, store, packages: packagesWith(cacheDir, '1') });
  const layers: Layer[] = [];
  let previous: Stage | undefined;
  for (const stage of project.stages) {
    const steps = buildSteps(stage);
    const { data } = visibleConfig(project.config, stage);
    for (const step of steps) {
      const tree = layers.at(-1)?.tree ?? emptyTree;
      const found = await finder.find({ step, steps, stage, previous, data, tree });
      if (!found) throw new Error(`no key for ${step.label}`);
      const content = { sha256: `${stage.name}${step.label}`, removedSha256: '' };
      const layer: Layer = {
        ...{ key: found.key, stage: stage.name, step: step.label, tree: treeAfter(tree, content) },
        ...{ ...content, sizeBytes: 1, durationMs: 1 },
      };
      await addFiles(layerFolder(store, found.key), {
        'layer.json': JSON.stringify(layer),
        'layer.tar.zst': '.',
      });
      layers.push(layer);
    }
    previous = stage;
  }
  return layers;
}

const allReused = [
  '00-a reuse: nothing changed',
  '10-b reuse: nothing changed',
  '20-c reuse: nothing changed',
];

describe('planBuild', () => {
  it('reuses everything when nothing changed', async () => {
    const { plan } = await builtProject();

    expect(await plan()).toEqual(allReused);
  });

  it('rebuilds the stage that names a changed overlay, and what follows', async () => {
    const { plan } = await builtProject();

    expect(await plan('', { 'overlays/o/etc/a.conf': 'b' })).toEqual([
      '00-a reuse: nothing changed',
      '10-b build: file overlays/o/etc/a.conf changed',
      '20-c build: 10-b is built anew',
    ]);
  });

  it('rebuilds for a config value only the stage that reads it, and what follows', async () => {
    const { plan } = await builtProject();

    expect(await plan('hostname: attic\n')).toEqual([
      '00-a reuse: nothing changed',
      '10-b build: config.yaml hostname: "hearth" → "attic"',
      '20-c build: 10-b is built anew',
    ]);
  });

  it.each([
    'debian: {mirror: "http://archive.example.org/debian"}\n',
    'timezone: Europe/Paris\n',
    'samba: {workgroup: ATTIC}\n',
  ])('rebuilds nothing for a value that no stage reads: %j', async (text) => {
    const { plan } = await builtProject();

    expect(await plan(text)).toEqual(allReused);
  });

  it('rebuilds everything for another day of the image', async () => {
    const { plan } = await builtProject();

    expect((await plan('image: {date: "2026-01-02"}\n')).map((line) => line.slice(0, 11))).toEqual([
      '00-a build:',
      '10-b build:',
      '20-c build:',
    ]);
  });

  it('rebuilds nothing for texts and touched files', async () => {
    const { plan, projectDir } = await builtProject();
    await utimes(`${projectDir}/stages/00-a/00-packages`, 1, 1);

    expect(await plan('', { 'stages/00-a/README.md': 'new' })).toEqual(allReused);
  });
});

describe('planBuild, of steps', () => {
  it('says when the archive has moved', async () => {
    const { plan } = await builtProject();

    expect(await plan('', {}, '2')).toEqual([
      '00-a build: the archive has moved: sudo 1 → 2',
      '10-b build: 00-a is built anew',
      '20-c build: 00-a is built anew',
    ]);
  });

  it('goes on at a script that changed, behind the packages', async () => {
    const { plan } = await builtProject();

    expect((await plan('', { 'stages/00-a/01-run.sh': executable('#!/bin/bash\n') }))[0]).toBe(
      '00-a build: file 01-run.sh changed; goes on at 01-run.sh',
    );
  });

  it('begins a stage anew whose first layer is gone or damaged', async () => {
    const { plan, layers, store } = await builtProject();
    const folder = layerFolder(store, layers[0]?.key ?? '');
    await addFiles(folder, { 'layer.tar.zst': 'longer than it was' });
    const damaged = await plan();
    await rm(folder, { recursive: true });

    expect([damaged, await plan()].map(([first]) => first)).toEqual([
      '00-a build: its result is not in the cache',
      '00-a build: its result is not in the cache',
    ]);
  });

  it('rebuilds nothing when only stage.ts says the same in other words', async () => {
    const { plan } = await builtProject();
    const text = "// A comment.\nexport const stage = { summary: 'c' };\n";

    expect((await plan('', { 'stages/20-c/stage.ts': text }))[2]).toBe('20-c reuse: nothing changed');
  });
});

describe('layersUpTo', () => {
  it('gives the layers of a stage and those before it, and none if one is missing', async () => {
    const { project, store, cacheDir, layers } = await builtProject();
    const options = { project, store, packages: packagesWith(cacheDir, '1') };

    const found = await layersUpTo(options, '10-b');

    expect(found?.map(({ stage, step }) => `${stage} ${step}`)).toEqual([
      '00-a 00-packages',
      '00-a 01-run.sh',
      '10-b overlays and templates',
    ]);
    await rm(layerFolder(store, layers[1]?.key ?? ''), { recursive: true });
    expect(await layersUpTo(options, '10-b')).toBeUndefined();
    expect(await layersUpTo(options, 'none')).toBeUndefined();
  });
});

describe('isUnchanged', () => {
  it('sees that a file changed since the plan was made', async () => {
    const projectDir = await fileTree(files);
    const project = await read(projectDir, '');
    const history = { parts: {}, durations: {}, layers: [] };
    const packages = packagesWith('/nowhere', '1');
    const actions = await planBuild({ project, store: layerStore('/nowhere'), packages, history });
    const unchanged = async () =>
      await Promise.all(actions.map(async (action) => await isUnchanged(project, action)));
    expect(await unchanged()).toEqual([true, true, true]);

    await addFiles(projectDir, { 'stages/10-b/00-run.sh': executable('#!/bin/sh\n') });

    expect(await unchanged()).toEqual([true, false, false]);
  });
});
