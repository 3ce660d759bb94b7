import { describe, expect, it } from 'vitest';
import { buildSteps, runsScript } from '../../../builder/stage/build-steps.ts';
import { discoverStages } from '../../../builder/stage/discover.ts';
import type { Stage } from '../../../builder/stage/stage.ts';
import { stepKinds } from '../../../builder/stage/step.ts';
import { executable, fileTree, type TreeEntry } from '../../helpers/file-tree.ts';
import { makeStage } from '../../helpers/make-stage.ts';

const script = executable('#!/bin/sh\n');
const filesStep = 'overlays and templates';

/** The one stage of a project, as discovery describes it. */
async function stageOf(files: Readonly<Record<string, TreeEntry>>): Promise<Stage> {
  const entries = Object.entries(files).map(([path, entry]) => [`stages/10-a/${path}`, entry] as const);
  const { stages } = await discoverStages(await fileTree(Object.fromEntries(entries)));
  const [stage] = stages;
  if (!stage) throw new Error('no stage was found');
  return stage;
}

async function labelsOf(files: Readonly<Record<string, TreeEntry>>): Promise<string[]> {
  return buildSteps(await stageOf(files)).map(({ label }) => label);
}

describe('buildSteps', () => {
  it('begins with prerun.sh and goes through all substages', async () => {
    const labels = await labelsOf({
      'prerun.sh': script,
      '01-run.sh': script,
      '00-packages': 'sudo\n',
      '02-net/00-run-chroot.sh': script,
      '01-disk/00-run.sh': script,
    });

    expect(labels).toEqual([
      'prerun.sh',
      '00-packages',
      '01-run.sh',
      '01-disk/00-run.sh',
      '02-net/00-run-chroot.sh',
    ]);
  });

  it('lays templates right before the first script', async () => {
    const labels = await labelsOf({
      'prerun.sh': script,
      'templates/etc/a.hbs': 'a\n',
      '00-a/00-packages': 'sudo\n',
      '01-b/00-packages': 'bash\n',
      '01-b/01-run.sh': script,
      '01-b/02-packages': 'tar\n',
      '02-c/00-run.sh': script,
    });

    expect(labels).toEqual([
      ...['prerun.sh', '00-a/00-packages', '01-b/00-packages'],
      filesStep,
      ...['01-b/01-run.sh', '01-b/02-packages', '02-c/00-run.sh'],
    ]);
  });

  it('lays them at the end of a stage without scripts', async () => {
    expect(await labelsOf({ 'templates/etc/a.hbs': 'a\n', '00-packages': 'sudo\n' })).toEqual([
      '00-packages',
      filesStep,
    ]);
  });

  it('lays nothing where there is nothing to lay', async () => {
    expect(await labelsOf({ 'files/a': 'a', '00-run.sh': script })).toEqual(['00-run.sh']);
  });

  it.each([{ overlays: ['base'] }, { bundles: [{ entry: 'agent/main.ts', target: '/usr/lib/agent.js' }] }])(
    'lays what stage.ts names: %j',
    (parts) => {
      const stage = makeStage('10-a', { definition: { summary: 'a', ...parts } });

      expect(buildSteps(stage).map(({ kind }) => kind)).toEqual(['files']);
    },
  );

  it('gives each step its own label, file and substage', async () => {
    const steps = buildSteps(await stageOf({ '00-run.sh': script, '00-a/00-run.sh': script }));

    expect(steps.map(({ label }) => label)).toEqual(['00-run.sh', '00-a/00-run.sh']);
    for (const { path, label, substage } of steps) {
      expect(path.endsWith(`/stages/10-a/${label}`)).toBe(true);
      expect(path.startsWith(`${substage.path}/`)).toBe(true);
    }
  });

  it('is empty for a stage of nothing', () => {
    expect(buildSteps(makeStage('10-a'))).toEqual([]);
    expect(buildSteps(makeStage('10-a', { substages: [] }))).toEqual([]);
  });
});

describe('runsScript', () => {
  it('is true for programs of the author alone', () => {
    const [substage] = makeStage('10-a').substages;
    if (!substage) throw new Error('a stage has a substage');
    const kinds = [...stepKinds, 'prerun', 'files'] as const;

    const scripts = kinds.filter((kind) => runsScript({ kind, label: 'x', path: '/x', substage }));

    expect(scripts).toEqual(['run', 'run-chroot', 'prerun']);
  });
});
