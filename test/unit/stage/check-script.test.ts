import { describe, expect, it } from 'vitest';
import { checkHostScript, checkStepFile, readInterpreter } from '../../../builder/stage/check-script.ts';
import { parseStepName } from '../../../builder/stage/step.ts';
import { executable, fileTree, type TreeEntry } from '../../helpers/file-tree.ts';

/** The problems of one step file as lines. */
async function problemsOf(name: string, content: TreeEntry): Promise<string[]> {
  const folder = await fileTree({ [name]: content });
  const parsed = parseStepName(name);
  if (!parsed) throw new Error(`${name} is not a step`);
  const problems = await checkStepFile({ ...parsed, path: `${folder}/${name}`, label: name }, name);
  return problems.map(({ file, line, message }) => `${file}${line ? `:${line}` : ''} ${message}`);
}

describe('checkHostScript', () => {
  it.each(['#!/bin/bash -e', '#!/bin/sh', '#! /usr/bin/perl -w', '#!/usr/bin/env bash'])(
    'accepts %s',
    async (firstLine) => {
      expect(await problemsOf('00-run.sh', executable(`${firstLine}\ntrue\n`))).toEqual([]);
    },
  );

  it('finds a missing run bit and says how to set it', async () => {
    const folder = await fileTree({ '00-run.sh': '#!/bin/bash -e\n' });

    expect(await checkHostScript(`${folder}/00-run.sh`, 'stages/10-x/00-run.sh')).toEqual([
      {
        file: 'stages/10-x/00-run.sh',
        message: 'is not executable, so it would not be run',
        help: 'chmod +x stages/10-x/00-run.sh',
      },
    ]);
  });

  it.each([
    ['true\n', '00-run.sh:1 has no interpreter line'],
    ['', '00-run.sh:1 has no interpreter line'],
    [
      '#!/usr/bin/python3\n',
      '00-run.sh:1 asks for the interpreter /usr/bin/python3, which the tools tree does not have',
    ],
    [
      '#!/usr/bin/env python3\n',
      '00-run.sh:1 asks for the interpreter python3, which the tools tree does not have',
    ],
  ])('refuses %j', async (text, problem) => {
    expect(await problemsOf('00-run.sh', executable(text))).toEqual([problem]);
  });
});

describe('checkStepFile', () => {
  it.each(['#!/bin/bash -e\n', '#!/bin/dash\n', '#!/usr/bin/env bash\n', 'echo no interpreter line\n'])(
    'lets a chroot script begin with %j, without a run bit',
    async (text) => {
      expect(await problemsOf('00-run-chroot.sh', text)).toEqual([]);
    },
  );

  it('refuses a chroot script for another interpreter', async () => {
    expect(await problemsOf('00-run-chroot.sh', '#!/usr/bin/perl\n')).toEqual([
      '00-run-chroot.sh:1 asks for /usr/bin/perl, but scripts for the chroot are read by bash',
    ]);
  });

  it.each([
    ...['sudo', 'libstdc++6', 'g++-14', 'linux-image-arm64/trixie-backports', 'nano-', 'nano+'],
    ...['libc6:arm64', 'samba=2:4.22.0+dfsg-1~deb13u1', '0ad'],
  ])('accepts the package name %s', async (name) => {
    expect(await problemsOf('00-packages', `${name}\n`)).toEqual([]);
  });

  it.each(['Samba', 'foo_bar', 'foo,', '$PACKAGE', '-y', 'foo/', 'foo='])(
    'refuses the package name %s and names its line',
    async (name) => {
      expect(await problemsOf('00-packages-nr', `# list\nsudo\nless ${name}\n`)).toEqual([
        `00-packages-nr:3 "${name}" is not a package name`,
      ]);
    },
  );

  it('reads debconf selections', async () => {
    const text = '# comment\n\nlocales locales/default select en_GB.UTF-8\nx y/z boolean\n';

    expect(await problemsOf('00-debconf', text)).toEqual([]);
    expect(await problemsOf('00-debconf', `${text}locales only/two\n`)).toEqual([
      '00-debconf:5 is not a debconf selection',
    ]);
  });
});

describe('patch series', () => {
  async function seriesProblems(files: Readonly<Record<string, string>>): Promise<string[]> {
    const entries = Object.entries(files).map(([name, text]) => [`00-patches/${name}`, text]);
    const folder = await fileTree({ '00-patches/': '', ...Object.fromEntries(entries) });
    const step = { number: 0, kind: 'patches', path: `${folder}/00-patches`, label: '00-patches' } as const;
    const problems = await checkStepFile(step, 'stages/10-x/00-patches');
    return problems.map(({ file, line, message }) => `${file}${line ? `:${line}` : ''} ${message}`);
  }

  it('accepts a series as quilt writes it', async () => {
    const series = '# patches\n\na.diff -p1\nb.diff # why\n';

    expect(await seriesProblems({ series, 'a.diff': '', 'b.diff': '' })).toEqual([]);
  });

  it('finds a patch that is not there, with its line', async () => {
    expect(await seriesProblems({ series: 'a.diff\n\nc.diff\n', 'a.diff': '' })).toEqual([
      'stages/10-x/00-patches/series:3 names c.diff, which is not there',
    ]);
  });

  it('finds a folder without a series', async () => {
    expect(await seriesProblems({ 'a.diff': '' })).toEqual(['stages/10-x/00-patches has no file `series`']);
  });
});

describe('readInterpreter', () => {
  it.each([
    ['#!/bin/bash -e', '/bin/bash'],
    ['#! /bin/sh', '/bin/sh'],
    ['#!/usr/bin/env perl', 'perl'],
    ['#!/usr/bin/env', undefined],
    ['# !/bin/sh', undefined],
    ['', undefined],
  ])('reads %j', (line, interpreter) => {
    expect(readInterpreter(line)).toBe(interpreter);
  });
});
