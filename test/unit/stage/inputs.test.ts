import { describe, expect, it } from 'vitest';
import type { StageDefinition } from '../../../builder/stage/define.ts';
import { isFolder, listFiles, listInputs } from '../../../builder/stage/inputs.ts';
import { fileTree, linkTo } from '../../helpers/file-tree.ts';

const stageFiles = {
  'stages/10-x/00-packages': 'sudo\n',
  'stages/10-x/01-a/00-run.sh': '#!/bin/sh\n',
  'stages/10-x/01-a/README.md': '',
  'stages/10-x/files/link': linkTo('../elsewhere'),
  'stages/10-x/README.md': '',
  'stages/10-x/SKIP': '',
  'stages/10-x/EXPORT_IMAGE': '',
  'stages/10-x/setup.ts': '',
  'stages/10-x/node_modules/p/a.js': '',
  'overlays/network/etc/a.conf': '',
  'overlays/other/etc/b.conf': '',
};

async function labelsOf(project: string, definition?: StageDefinition): Promise<string[]> {
  const { inputs } = await listInputs(project, `${project}/stages/10-x`, definition);
  return inputs.map(({ label }) => label);
}

describe('listInputs', () => {
  it('lists what the result depends on, without texts and markers', async () => {
    const project = await fileTree(stageFiles);

    expect(await labelsOf(project)).toEqual([
      '00-packages',
      '01-a/00-run.sh',
      '01-a/README.md',
      'files/link',
    ]);
  });

  it('adds the overlays, further inputs and bundles that stage.ts names', async () => {
    const project = await fileTree({ ...stageFiles, 'shared/list': '', 'shared/code/a.ts': '' });
    const definition = {
      summary: 'x',
      overlays: ['network'],
      inputs: ['../../shared/list', 'files'],
      bundles: [{ entry: '00-packages', target: '/usr/lib/x' }],
    };

    expect((await labelsOf(project, definition)).slice(4)).toEqual([
      'overlays/network/etc/a.conf',
      'shared/list',
    ]);
  });

  it('says which named things are missing', async () => {
    const project = await fileTree(stageFiles);
    const definition = { summary: 'x', overlays: ['wifi'], inputs: ['none'] };

    const { missing } = await listInputs(project, `${project}/stages/10-x`, definition);

    expect(missing).toEqual(['overlays/wifi', 'stages/10-x/none']);
  });

  it('counts the files beside the entry of a bundle that lies outside the stage', async () => {
    const project = await fileTree({ ...stageFiles, 'shared/code/main.ts': '', 'shared/code/part.ts': '' });
    const bundles = [{ entry: '../../shared/code/main.ts', target: '/usr/lib/x' }];

    expect((await labelsOf(project, { summary: 'x', bundles })).slice(4)).toEqual([
      'shared/code/main.ts',
      'shared/code/part.ts',
    ]);
  });
});

describe('listFiles', () => {
  it('sorts by path and lists links, but no folders', async () => {
    const folder = await fileTree({ 'b/c': '', 'b.d': '', a: linkTo('b'), 'empty/': '' });

    expect(await listFiles(folder)).toEqual([`${folder}/a`, `${folder}/b.d`, `${folder}/b/c`]);
  });

  it('leaves out installed packages below the folder only', async () => {
    const files = { 'node_modules/p/a.js': '', 'deep/node_modules/b.js': '', 'node_modules.md': '' };
    const inside = await fileTree({ 'home/node_modules/project/a': '' });

    expect(await listFiles(await fileTree(files))).toHaveLength(1);
    expect(await listFiles(`${inside}/home/node_modules/project`)).toHaveLength(1);
  });
});

describe('isFolder', () => {
  it('tells folders from files and from nothing', async () => {
    const folder = await fileTree({ file: '' });

    expect(await isFolder(folder)).toBe(true);
    expect(await isFolder(`${folder}/file`)).toBe(false);
    expect(await isFolder(`${folder}/none`)).toBe(false);
  });
});
