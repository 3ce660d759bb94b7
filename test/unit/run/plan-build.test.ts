import { utimes } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { requireConfig } from '../../../builder/config/load.ts';
import type { Project } from '../../../builder/plan/project.ts';
import { resultFolder, stageStore } from '../../../builder/plan/state-store.ts';
import { isUnchanged, planBuild } from '../../../builder/run/plan-build.ts';
import { discoverStages } from '../../../builder/stage/discover.ts';
import { addFiles, executable, fileTree, type TreeEntry } from '../../helpers/file-tree.ts';
import { load } from '../../helpers/load-config.ts';

const files = {
  'stages/00-a/stage.ts': "export const stage = { summary: 'a', reads: ['debian.suite'] };\n",
  'stages/00-a/00-packages': 'sudo\n',
  'stages/10-b/stage.ts': "export const stage = { summary: 'b', reads: ['hostname'], overlays: ['o'] };\n",
  'stages/20-c/stage.ts': "export const stage = { summary: 'c' };\n",
  'overlays/o/etc/a.conf': 'a',
};

async function read(projectDir: string, configText: string): Promise<Project> {
  const { stages } = await discoverStages(projectDir);
  return { projectDir, stages, config: requireConfig(await load(configText)) };
}

/** A project with all its stages in the cache, as after a build with an empty config.yaml. */
async function builtProject() {
  const root = await fileTree(
    Object.fromEntries(Object.entries(files).map(([path, text]) => [`p/${path}`, text])),
  );
  const projectDir = `${root}/p`;
  const store = stageStore(`${root}/cache`, projectDir);
  const actions = await planBuild(await read(projectDir, ''), store);
  for (const { fingerprint } of actions)
    await addFiles(resultFolder(store, fingerprint), { 'stage.json': '{}' });
  const parts = Object.fromEntries(actions.map((action) => [action.stage, action.parts]));
  await addFiles('/', { [store.lastPartsFile]: JSON.stringify(parts) });
  return {
    projectDir,
    plan: async (configText = '', changed: Readonly<Record<string, TreeEntry>> = {}) => {
      await addFiles(projectDir, changed);
      const planned = await planBuild(await read(projectDir, configText), store);
      return planned.map(({ stage, kind, reason }) => `${stage} ${kind}: ${reason}`);
    },
  };
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

describe('isUnchanged', () => {
  it('sees that a file changed since the plan was made', async () => {
    const projectDir = await fileTree(files);
    const project = await read(projectDir, '');
    const actions = await planBuild(project, stageStore('/nowhere', projectDir));
    const unchanged = async () =>
      await Promise.all(actions.map(async (action) => await isUnchanged(project, action)));
    expect(await unchanged()).toEqual([true, true, true]);

    await addFiles(projectDir, { 'stages/10-b/00-run.sh': executable('#!/bin/sh\n') });

    expect(await unchanged()).toEqual([true, false, false]);
  });
});
