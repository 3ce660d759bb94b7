import { describe, expect, it } from 'vitest';
import { type Discovery, discoverStages } from '../../../builder/stage/discover.ts';
import type { Stage } from '../../../builder/stage/stage.ts';
import { executable, fileTree, linkTo, type TreeEntry } from '../../helpers/file-tree.ts';

const script = executable('#!/bin/bash -e\n');

/** Discovers one stage, `10-x`, with these files. */
async function discoverOne(
  files: Readonly<Record<string, TreeEntry>>,
  beside: Readonly<Record<string, TreeEntry>> = {},
): Promise<Discovery & { stage: Stage }> {
  const inStage = Object.entries(files).map(([path, entry]) => [`stages/10-x/${path}`, entry]);
  const project = await fileTree({ 'stages/10-x/': '', ...Object.fromEntries(inStage), ...beside });
  const discovery = await discoverStages(project);
  const stage = discovery.stages[0];
  if (!stage) throw new Error('no stage was found');
  return { ...discovery, stage };
}

async function problemsOf(
  files: Readonly<Record<string, TreeEntry>>,
  beside: Readonly<Record<string, TreeEntry>> = {},
): Promise<string[]> {
  const { problems } = await discoverOne(files, beside);
  return problems.map(({ file, line, message }) => `${file}${line ? `:${line}` : ''} ${message}`);
}

async function stepsOf(files: Readonly<Record<string, TreeEntry>>): Promise<string[]> {
  const { stage, problems } = await discoverOne(files);
  expect(problems).toEqual([]);
  return stage.substages.flatMap((substage) => substage.steps.map(({ label }) => label));
}

describe('discoverStages', () => {
  it('finds the stages in the order of their names', async () => {
    const project = await fileTree({ 'stages/20-b/': '', 'stages/00-a/': '', 'stages/100-c/': '' });

    const { stages, problems } = await discoverStages(project);

    expect(stages.map(({ name }) => name)).toEqual(['00-a', '100-c', '20-b']);
    expect(problems).toEqual([]);
  });

  it('passes over texts and hidden files beside the stages, and no other file', async () => {
    const project = await fileTree({ 'stages/README.md': '', 'stages/.hidden': '', 'stages/00-run.sh': '' });

    expect((await discoverStages(project)).problems).toEqual([
      {
        file: 'stages/00-run.sh',
        message: 'is not a stage',
        help: 'a stage is a folder; move the file into one',
      },
    ]);
  });
});

describe('the steps of a stage', () => {
  it('are those in the stage folder first, then those of the substages by name', async () => {
    const files = {
      '02-b/00-packages': 'less\n',
      '01-run.sh': script,
      '01-run-chroot.sh': 'true\n',
      '01-a/01-run-chroot.sh': 'true\n',
      '01-a/01-run.sh': script,
      '01-a/00-debconf': '',
      '01-a/00-patches/series': '',
      '00-packages': 'sudo\n',
      '00-packages-nr': 'sudo\n',
    };

    expect(await stepsOf(files)).toEqual([
      '00-packages-nr',
      '00-packages',
      '01-run.sh',
      '01-run-chroot.sh',
      '01-a/00-debconf',
      '01-a/00-patches',
      '01-a/01-run.sh',
      '01-a/01-run-chroot.sh',
      '02-b/00-packages',
    ]);
  });

  it('leave out a substage with SKIP', async () => {
    expect(await stepsOf({ '01-a/00-packages': 'less\n', '01-a/SKIP': '', '00-packages': 'sudo\n' })).toEqual(
      ['00-packages'],
    );
  });

  it('are none in a stage that only has files for others', async () => {
    const files = { 'README.md': '', 'setup.ts': '', 'files/a': '', 'templates/etc/a.hbs': '' };

    expect(await stepsOf(files)).toEqual([]);
  });

  it('lie beside folders of a substage for its own files', async () => {
    expect(
      await stepsOf({ '01-a/00-run.sh': script, '01-a/files/etc/motd': 'x', '01-a/README.md': '' }),
    ).toEqual(['01-a/00-run.sh']);
  });
});

describe('the markers of a stage', () => {
  it.each([
    [{}, false, false],
    [{ SKIP: '' }, true, false],
    [{ EXPORT_IMAGE: '' }, false, true],
    [{ EXPORT_IMAGE: 'IMG_SUFFIX=-lite\n', SKIP_IMAGES: '' }, false, false],
    [{ SKIP_IMAGES: '', EXPORT_NOOBS: '', SKIP_NOOBS: '' }, false, false],
  ])('%j: skipped %j, exported %j', async (files: Record<string, string>, isSkipped, isExported) => {
    const { stage, problems } = await discoverOne(files);

    expect(problems).toEqual([]);
    expect(stage.isSkipped).toBe(isSkipped);
    expect(stage.exportImage).toBe(isExported ? `${stage.path}/EXPORT_IMAGE` : undefined);
  });
});

describe('prerun.sh', () => {
  it('is found', async () => {
    const { stage, problems } = await discoverOne({ 'prerun.sh': script });

    expect(stage.prerun).toBe(`${stage.path}/prerun.sh`);
    expect(problems).toEqual([]);
  });

  it('needs a run bit like any script', async () => {
    expect(await problemsOf({ 'prerun.sh': '#!/bin/bash -e\n' })).toEqual([
      'stages/10-x/prerun.sh is not executable, so it would not be run',
    ]);
  });
});

describe('a name that is nobody’s', () => {
  it.each([
    ['0-packages', 'did you mean 00-packages or 00-packages-nr?'],
    ['01-package', 'did you mean 01-packages or 01-packages-nr?'],
    ['01-chroot.sh', 'did you mean 01-run-chroot.sh?'],
    ['02-run', 'did you mean 02-run.sh (host) or 02-run-chroot.sh (inside)?'],
    ['03-debconf.txt', 'did you mean 03-debconf?'],
    ['04-patches', 'did you mean the folder 04-patches?'],
    ['notes.txt', 'put files for your scripts into `files/`, or name it in `inputs` of stage.ts'],
  ])('%s: %s', async (name, help) => {
    const { problems } = await discoverOne({ [name]: 'x' });

    expect(problems).toEqual([
      { file: `stages/10-x/${name}`, message: 'is not a name that a stage knows', help },
    ]);
  });

  it('is found in a substage too', async () => {
    expect(await problemsOf({ '01-a/00-packages': 'sudo\n', '01-a/01-packges': '' })).toEqual([
      'stages/10-x/01-a/01-packges is not a name that a stage knows',
    ]);
  });

  it('may be a folder that has no steps', async () => {
    expect(await problemsOf({ 'config/etc/a.conf': '' })).toEqual([
      'stages/10-x/config has no steps and no stage.ts names it',
    ]);
  });
});

describe('a broken step', () => {
  it('is named with its path and line, in the stage folder and in a substage', async () => {
    const files = { '00-packages': 'sudo\nBad\n', '01-a/00-run.sh': '#!/bin/bash -e\n' };

    expect(await problemsOf(files)).toEqual([
      'stages/10-x/00-packages:2 "Bad" is not a package name',
      'stages/10-x/01-a/00-run.sh is not executable, so it would not be run',
    ]);
  });
});

describe('stage.ts', () => {
  it('is loaded', async () => {
    const { stage, problems } = await discoverOne({
      'stage.ts': "export const stage = { summary: 'adds x', reads: ['hostname'] as const };\n",
    });

    expect(stage.definition).toEqual({ summary: 'adds x', reads: ['hostname'] });
    expect(problems).toEqual([]);
  });

  it.each([
    ['export const step = 1;\n', 'stages/10-x/stage.ts does not export `stage`'],
    ['export const stage = { reads: [] };\n', 'stages/10-x/stage.ts does not export `stage`'],
    ["throw new Error('no luck');\n", 'stages/10-x/stage.ts can not be loaded: no luck'],
  ])('must export a stage: %j', async (text, problem) => {
    expect(await problemsOf({ 'stage.ts': text })).toEqual([problem]);
  });

  it('may claim files and folders as inputs and bundles', async () => {
    const files = {
      'stage.ts': `export const stage = {
        summary: 'x',
        inputs: ['./data', 'list.txt', '../../overlays'],
        bundles: [{ entry: 'agent/main.ts', target: '/usr/lib/x.mjs' }],
      };\n`,
      'data/a': '',
      'list.txt': '',
      'agent/main.ts': '',
    };

    expect(await problemsOf(files, { 'overlays/a': '' })).toEqual([]);
  });

  it('may not name overlays, inputs and bundles that are not there', async () => {
    const text = `export const stage = {
      summary: 'x', overlays: ['network'], inputs: ['data'], bundles: [{ entry: 'a.ts', target: '/a' }],
    };\n`;

    expect(await problemsOf({ 'stage.ts': text })).toEqual([
      'stages/10-x/stage.ts names overlays/network, which is not there',
      'stages/10-x/stage.ts names stages/10-x/data, which is not there',
      'stages/10-x/stage.ts names stages/10-x/a.ts, which is not there',
    ]);
  });
});

describe('a link to a folder', () => {
  it('is no substage', async () => {
    expect(await problemsOf({ '01-a': linkTo('/usr') })).toEqual([
      'stages/10-x/01-a is not a name that a stage knows',
    ]);
  });
});
