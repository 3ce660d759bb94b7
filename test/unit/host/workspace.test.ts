import { readdir, readFile, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  publish,
  removeTree,
  sweepLeftovers,
  temporaryName,
  writeFileAtomically,
} from '../../../builder/host/workspace.ts';
import { addFiles, fileTree } from '../../helpers/file-tree.ts';

/** No process has it: Linux gives at most 4194304. */
const goneProcess = 9_999_999;

describe('temporaryName', () => {
  it('lies beside the file, says whose it is, and is new each time', () => {
    const name = temporaryName('/out/hearth.img');

    expect(name).toMatch(new RegExp(`^/out/hearth\\.img\\.draft-${process.pid}-[0-9a-f]{8}$`));
    expect(temporaryName('/out/hearth.img')).not.toBe(name);
  });
});

describe('writeFileAtomically', () => {
  it('replaces a file, makes its folders and leaves no draft', async () => {
    const folder = await fileTree();

    await writeFileAtomically(`${folder}/a/b/file`, 'one');
    await writeFileAtomically(`${folder}/a/b/file`, new Uint8Array([0x74, 0x77, 0x6f]));

    expect(await readFile(`${folder}/a/b/file`, 'utf8')).toBe('two');
    expect(await readdir(`${folder}/a/b`)).toEqual(['file']);
    expect((await stat(`${folder}/a/b/file`)).mode & 0o777).toBe(0o644);
  });

  it('never shows half of a file to those who read it meanwhile', async () => {
    const path = `${await fileTree({ file: 'a'.repeat(100_000) })}/file`;
    const writing = (async () => {
      for (let round = 0; round < 10; round++)
        await writeFileAtomically(path, 'ab'[round % 2]?.repeat(100_000) ?? '');
    })();

    for (let round = 0; round < 30; round++) {
      expect(await readFile(path, 'utf8')).toMatch(/^(a{100000}|b{100000})$/);
    }
    await writing;
  });
});

describe('publish', () => {
  it('refuses to replace a folder that is there, so a result stays what it is', async () => {
    const folder = await fileTree({ 'draft/a': 'new', 'result/a': 'old' });

    await expect(publish(`${folder}/draft`, `${folder}/result`)).rejects.toThrow('ENOTEMPTY');
    expect(await readFile(`${folder}/result/a`, 'utf8')).toBe('old');
  });
});

describe('removeTree', () => {
  it('removes files and folders, and does not mind if there are none', async () => {
    const folder = await fileTree({ 'a/b/c': '' });

    await removeTree(`${folder}/a`);
    await removeTree(`${folder}/a`);

    expect(await readdir(folder)).toEqual([]);
  });
});

describe('sweepLeftovers', () => {
  it('removes drafts and work folders of processes that are gone, and nothing else', async () => {
    const kept = {
      [`work-${process.pid}-abc/a`]: '',
      [`${temporaryName('result')}/a`]: '',
      'result/a': '',
      'work-shop/a': '',
      'my.draft-notes': '',
      [`old-work-${goneProcess}/a`]: '',
    };
    const folder = await fileTree({
      ...kept,
      [`work-${goneProcess}-abc/a`]: '',
      [`work-${goneProcess}/a`]: '',
      [`result.draft-${goneProcess}-0a1b2c3d/a`]: '',
      [`image.img.draft-${goneProcess}-0a1b2c3d`]: '',
    });

    await sweepLeftovers(folder);

    expect((await readdir(folder)).sort()).toEqual(
      Object.keys(kept)
        .map((path) => path.split('/')[0])
        .sort(),
    );
  });

  it('takes a process that is no build for gone: its number was given away again', async () => {
    // Process 1 of a machine is an init system; where it is a build, it is left alone rightly.
    const folder = await fileTree();
    const command = await readFile('/proc/1/cmdline', 'utf8');
    await addFiles(folder, { 'work-1-abc/a': '' });

    await sweepLeftovers(folder);

    expect(await readdir(folder)).toEqual(/node|tsx/.test(command) ? ['work-1-abc'] : []);
  });

  it('does not mind a folder that is not there', async () => {
    await expect(sweepLeftovers('/nowhere/at/all')).resolves.toBeUndefined();
  });
});
