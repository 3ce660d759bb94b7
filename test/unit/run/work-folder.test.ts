import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { makeWorkFolder } from '../../../builder/run/work-folder.ts';
import { fileTree } from '../../helpers/file-tree.ts';

/** No process has it: Linux gives at most 4194304. */
const goneProcess = 9_999_999;

describe('makeWorkFolder', () => {
  it('makes a folder with the number of this process and removes those of killed builds', async () => {
    const cache = await fileTree({
      [`work/work-${goneProcess}-abc/10-boot/rootfs/a`]: '',
      [`layers/00ff.draft-${goneProcess}-abcd/layer.tar.zst`]: '',
      [`tools/00ff.draft-${goneProcess}-abcd/usr/a`]: '',
      'layers/00ff/layer.json': '{}',
      'tools/00ff/usr/a': '',
    });

    const folder = await makeWorkFolder(cache);

    expect(folder).toMatch(new RegExp(`^${cache}/work/work-${process.pid}-[0-9a-z-]+$`));
    expect(await readdir(`${cache}/work`)).toEqual([folder.slice(`${cache}/work/`.length)]);
    expect(await readdir(`${cache}/layers`)).toEqual(['00ff']);
    expect(await readdir(`${cache}/tools`)).toEqual(['00ff']);
  });
});
