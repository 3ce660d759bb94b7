import { readdir, readFile, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { keepPackages, makeWorkFolder, preparePackages } from '../../../builder/run/work-folder.ts';
import { addFiles, fileTree } from '../../helpers/file-tree.ts';

/** No process has it: Linux gives at most 4194304. */
const goneProcess = 9_999_999;

const mirror = {
  main: 'http://archive.example.org/debian',
  security: 'http://security.example.org/debian-security',
  source: 'config.yaml',
  aptOptions: ['Acquire::http::Proxy "http://proxy.example.org:3128";'],
} as const;

describe('makeWorkFolder', () => {
  it('makes a folder with the number of this process and removes those of killed builds', async () => {
    const cache = await fileTree({
      [`work/work-${goneProcess}-abc/10-boot/rootfs/a`]: '',
      [`stages/00ff.draft-${goneProcess}-abcd/rootfs.tar.zst`]: '',
      [`tools/00ff.draft-${goneProcess}-abcd/usr/a`]: '',
      'stages/00ff/stage.json': '{}',
      'tools/00ff/usr/a': '',
    });

    const folder = await makeWorkFolder(cache);

    expect(folder).toMatch(new RegExp(`^${cache}/work/work-${process.pid}-[0-9a-z]+$`));
    expect(await readdir(`${cache}/work`)).toEqual([folder.slice(`${cache}/work/`.length)]);
    expect(await readdir(`${cache}/stages`)).toEqual(['00ff']);
    expect(await readdir(`${cache}/tools`)).toEqual(['00ff']);
  });
});

describe('preparePackages', () => {
  it('hands the steps the options of apt, the sources, and earlier packages without copying them', async () => {
    const cache = await fileTree({ 'debs/a_1_arm64.deb': 'a', 'debs/lock': '', 'work/': '' });

    await preparePackages(`${cache}/work`, cache, mirror, 'trixie');

    expect(await readFile(`${cache}/work/host-apt.conf`, 'utf8')).toBe(`${mirror.aptOptions[0]}\n`);
    expect(await readFile(`${cache}/work/bootstrap.list`, 'utf8')).toBe(
      [
        'deb http://archive.example.org/debian trixie main',
        'deb http://archive.example.org/debian trixie-updates main',
        'deb http://security.example.org/debian-security trixie-security main',
        '',
      ].join('\n'),
    );
    expect((await readdir(`${cache}/work/debs`)).sort()).toEqual(['a_1_arm64.deb', 'partial']);
    const inode = async (path: string) => (await stat(`${cache}/${path}`)).ino;
    expect(await inode('work/debs/a_1_arm64.deb')).toBe(await inode('debs/a_1_arm64.deb'));
  });
});

describe('keepPackages', () => {
  it('keeps what was fetched and complete', async () => {
    const cache = await fileTree({
      'debs/old.deb': 'old',
      'work/debs/old.deb': 'other',
      'work/debs/lock': '',
    });
    await addFiles(`${cache}/work/debs`, { 'new.deb': 'new', 'partial/half.deb': 'h' });

    await keepPackages(`${cache}/work`, cache);

    expect((await readdir(`${cache}/debs`)).sort()).toEqual(['new.deb', 'old.deb']);
    expect(await readFile(`${cache}/debs/old.deb`, 'utf8')).toBe('old');
  });

  it('does nothing after a build that fetched nothing', async () => {
    const cache = await fileTree({ 'work/': '' });

    await keepPackages(`${cache}/work`, cache);

    expect(await readdir(cache)).toEqual(['work']);
  });
});
