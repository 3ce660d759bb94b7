import { chmod, rename } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type StepSource, stepInputs } from '../../../builder/plan/step-inputs.ts';
import { buildSteps } from '../../../builder/stage/build-steps.ts';
import { discoverStages } from '../../../builder/stage/discover.ts';
import type { Stage } from '../../../builder/stage/stage.ts';
import { addFiles, executable, fileTree, type TreeEntry } from '../../helpers/file-tree.ts';

const files: Readonly<Record<string, TreeEntry>> = {
  'stages/10-a/stage.ts': "export const stage = { summary: 'a', reads: ['hostname'], overlays: ['o'] };\n",
  'stages/10-a/00-debconf': 'x\n',
  'stages/10-a/00-packages': 'sudo\n',
  'stages/10-a/01-patches/series': 'a.diff\nb.diff\n',
  'stages/10-a/01-patches/a.diff': 'a\n',
  'stages/10-a/01-patches/b.diff': 'b\n',
  'stages/10-a/02-run.sh': executable('#!/bin/sh\n'),
  'stages/10-a/03-run-chroot.sh': executable('#!/bin/sh\n'),
  'stages/10-a/04-packages': 'bash\n',
  'stages/10-a/05-run.sh': executable('#!/bin/sh\n'),
  'stages/10-a/files/data': 'data',
  'stages/10-a/templates/etc/t.conf.hbs': 'name={{hostname}}\n',
  'overlays/o/etc/o.conf': 'o',
  'overlays/p/etc/p.conf': 'p',
};

const labels = [
  ...['00-debconf', '00-packages', '01-patches', 'overlays and templates'],
  ...['02-run.sh', '03-run-chroot.sh', '04-packages', '05-run.sh'],
];
const scripts = ['02-run.sh', '03-run-chroot.sh', '05-run.sh'];

/** Digests of all steps of the first stage, by label. */
async function inputsIn(
  projectDir: string,
  change: Partial<StepSource> = {},
  redefine: (stage: Stage) => Stage = (stage) => stage,
): Promise<Record<string, string>> {
  const [found] = (await discoverStages(projectDir)).stages;
  if (!found) throw new Error('no stage was found');
  const stage = redefine(found);
  const steps = buildSteps(stage);
  const inputs: Record<string, string> = {};
  for (const step of steps) {
    inputs[step.label] = await stepInputs({
      ...{ step, steps, stage, previous: '00-base', config: { hostname: 'hearth' } },
      base: { architecture: 'arm64', 'tools tree': '1' },
      ...change,
    });
  }
  return inputs;
}

/** Labels of the steps that run again after a change. */
function changed(before: Record<string, string>, after: Record<string, string>): string[] {
  return Object.keys(after).filter((label) => after[label] !== before[label]);
}

/** Labels of the steps that run again when files change. */
async function changedBy(change: (projectDir: string) => Promise<void>): Promise<string[]> {
  const projectDir = await fileTree(files);
  const before = await inputsIn(projectDir);
  await change(projectDir);
  return changed(before, await inputsIn(projectDir));
}

describe('stepInputs', () => {
  it('are different for each step, and the same the next time and elsewhere', async () => {
    const inputs = await inputsIn(await fileTree(files));

    expect(Object.keys(inputs)).toEqual(labels);
    expect(new Set(Object.values(inputs)).size).toBe(labels.length);
    expect(await inputsIn(await fileTree(files))).toEqual(inputs);
  });

  it.each<[string, Readonly<Record<string, TreeEntry>>, readonly string[]]>([
    ['a package list', { '00-packages': 'sudo tar\n' }, ['00-packages', ...scripts]],
    ['a package list between scripts', { '04-packages': 'tar\n' }, ['04-packages', '05-run.sh']],
    ['answers for debconf', { '00-debconf': 'y\n' }, ['00-debconf', ...scripts]],
    ['a patch', { '01-patches/b.diff': 'c\n' }, ['01-patches', ...scripts]],
    ['the first script', { '02-run.sh': executable('#!/bin/sh\n:\n') }, scripts],
    ['the last script', { '05-run.sh': executable('#!/bin/sh\n:\n') }, ['05-run.sh']],
    ['a file beside the steps', { 'files/data': 'more' }, ['overlays and templates', ...scripts]],
    ['a new file beside the steps', { 'files/new': '' }, ['overlays and templates', ...scripts]],
    ['a template', { 'templates/etc/t.conf.hbs': 'x\n' }, ['overlays and templates', ...scripts]],
    ['a file of the overlay', { '../../overlays/o/etc/o.conf': 'x' }, ['overlays and templates', ...scripts]],
    ['a file of another overlay', { '../../overlays/p/etc/p.conf': 'x' }, []],
    ['what is for people', { 'README.md': 'x' }, []],
  ])('tell which steps see a change of %s', async (_what, change, steps) => {
    const again = await changedBy(async (projectDir) => await addFiles(`${projectDir}/stages/10-a`, change));

    expect(again).toEqual(steps);
  });

  it('tell a run bit', async () => {
    const again = await changedBy(
      async (projectDir) => await chmod(`${projectDir}/stages/10-a/files/data`, 0o755),
    );

    expect(again).toEqual(['overlays and templates', ...scripts]);
  });

  it('tell another name of a patch, whose series names it', async () => {
    const folder = 'stages/10-a/01-patches';
    const again = await changedBy(
      async (projectDir) => await rename(`${projectDir}/${folder}/b.diff`, `${projectDir}/${folder}/c.diff`),
    );

    expect(again).toContain('01-patches');
  });

  it('do not tell a list’s place: the same list elsewhere installs the same', async () => {
    const projectDir = await fileTree({
      'stages/10-a/00-packages': 'sudo\n',
      'stages/10-a/01-net/05-packages': 'sudo\n',
      'stages/10-a/01-net/05-packages-nr': 'sudo\n',
    });

    const inputs = await inputsIn(projectDir);

    expect(inputs['01-net/05-packages']).toBe(inputs['00-packages']);
    expect(inputs['01-net/05-packages-nr']).not.toBe(inputs['00-packages']);
  });

  it.each<[string, Partial<StepSource>, readonly string[]]>([
    ['config values', { config: { hostname: 'attic' } }, ['overlays and templates', ...scripts]],
    ['the stage before', { previous: '01-base' }, scripts],
    ['the stage before being none', { previous: undefined }, scripts],
    ['the tools', { base: { architecture: 'arm64', 'tools tree': '2' } }, labels],
  ])('tell which steps see a change of %s', async (_what, change, steps) => {
    const projectDir = await fileTree(files);

    expect(changed(await inputsIn(projectDir), await inputsIn(projectDir, change))).toEqual(steps);
  });

  it('tell scripts the name of their stage', async () => {
    const projectDir = await fileTree(files);
    const renamed = await inputsIn(projectDir, {}, (stage) => ({ ...stage, name: '11-a' }));

    expect(changed(await inputsIn(projectDir), renamed)).toEqual(scripts);
  });

  it.each<[string, Partial<NonNullable<Stage['definition']>>]>([
    ['the order of overlays', { overlays: ['p', 'o'] }],
    ['where a bundle goes', { bundles: [{ entry: 'a.ts', target: '/usr/b.js' }] }],
    ['the mode of a bundle', { bundles: [{ entry: 'a.ts', target: '/usr/a.js', mode: 0o755 }] }],
  ])('tell %s', async (_what, change) => {
    const projectDir = await fileTree({
      ...files,
      'stages/10-a/stage.ts': "export const stage = { summary: 'a', overlays: ['o', 'p'] };\n",
    });
    const bundles = [{ entry: 'a.ts', target: '/usr/a.js' }];
    const defined = (parts: typeof change) => (stage: Stage) => ({
      ...stage,
      definition: { summary: 'a', overlays: ['o', 'p'], bundles, ...parts },
    });

    const before = await inputsIn(projectDir, {}, defined({}));

    expect(await inputsIn(projectDir, {}, defined({}))).toEqual(before);
    expect(changed(before, await inputsIn(projectDir, {}, defined(change)))).toContain(
      'overlays and templates',
    );
  });

  it('do not tell what stage.ts says for people', async () => {
    const projectDir = await fileTree(files);
    const before = await inputsIn(projectDir);
    await addFiles(projectDir, {
      'stages/10-a/stage.ts':
        "export const stage = { summary: 'b', reads: ['hostname'], overlays: ['o'], checks: [] };\n",
    });

    expect(changed(before, await inputsIn(projectDir))).toEqual([]);
  });
});
