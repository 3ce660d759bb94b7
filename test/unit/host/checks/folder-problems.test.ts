import { describe, expect, it } from 'vitest';
import {
  type FolderAbilities,
  type FolderFacts,
  forbiddenPrograms,
  readFolder,
  tooFull,
  unableFolder,
  unmakeable,
  unwritable,
} from '../../../../builder/host/checks/folder-problems.ts';
import { fileTree } from '../../../helpers/file-tree.ts';

const gibibyte = 1024 ** 3;
const good: FolderFacts = {
  path: '/home/anna/.cache/hearth',
  nearest: '/home/anna/.cache',
  isFolder: true,
  isWritable: true,
  mount: { mountPoint: '/home', type: 'ext4', isNoexec: false, isNosuid: true },
  device: 1,
  freeBytes: 100 * gibibyte,
  freeInodes: 1_000_000,
};
const able: FolderAbilities = {
  owners: true,
  modes: true,
  symbolicLinks: true,
  hardLinks: true,
  letterCase: true,
  capabilities: true,
  programs: true,
};

describe('checks of a folder', () => {
  it('find nothing in a good one, be it nosuid', () => {
    expect(unwritable(good, 'HEARTH_CACHE_DIR')).toBeUndefined();
    expect(forbiddenPrograms(good)).toBeUndefined();
    expect(tooFull(good, 'HEARTH_CACHE_DIR', 6 * gibibyte)).toBeUndefined();
    expect(unableFolder(good, able)).toBeUndefined();
  });

  it('name the folder that may not be written to', () => {
    const problem = unwritable({ ...good, isWritable: false }, 'HEARTH_OUT_DIR');

    expect(problem?.what).toBe('We may not write to /home/anna/.cache.');
    expect(problem?.todo).toBe('export HEARTH_OUT_DIR=/a/folder/on/another/disk');
  });

  it('name another folder for temporary files where someone else has made ours', () => {
    const problem = unwritable({ ...good, nearest: '/tmp/hearth-1000', isWritable: false }, 'TMPDIR');

    expect(problem?.what).toBe('We may not write to /tmp/hearth-1000.');
    expect(problem?.todo).toBe('export TMPDIR=/a/folder/on/another/disk');
  });

  it('tell a file from a folder', () => {
    expect(unwritable({ ...good, isFolder: false }, 'HEARTH_CACHE_DIR')?.what).toBe(
      '/home/anna/.cache is a file, not a folder.',
    );
  });

  it('refuse noexec, where the tools would not run', () => {
    const mount = { mountPoint: '/home', type: 'ext4', isNoexec: true, isNosuid: false };

    expect(forbiddenPrograms({ ...good, mount })?.what).toContain('on /home, which is mounted noexec');
  });

  it('say how much is free and how much is needed', () => {
    expect(tooFull({ ...good, freeBytes: 2.5 * gibibyte }, 'HEARTH_CACHE_DIR', 6 * gibibyte)?.what).toBe(
      '/home/anna/.cache/hearth has 2.5 GiB free; a build needs 6 GiB.',
    );
    expect(tooFull({ ...good, freeBytes: 2.5 * gibibyte }, 'HEARTH_CACHE_DIR', 2 * gibibyte)).toBeUndefined();
  });

  it('count inodes for the cache, where the file system has a number of them', () => {
    const few = { ...good, freeInodes: 1000 };

    expect(tooFull(few, 'HEARTH_CACHE_DIR', 0)?.what).toContain('1,000 free inodes; a build needs 200,000');
    expect(tooFull(few, 'HEARTH_OUT_DIR', 0)).toBeUndefined();
    expect(tooFull({ ...good, freeInodes: undefined }, 'HEARTH_CACHE_DIR', 0)).toBeUndefined();
  });

  it('name the file system and all that it lacks', () => {
    const mount = { mountPoint: '/mnt/c', type: '9p', isNoexec: false, isNosuid: false };
    const problem = unableFolder({ ...good, mount }, { ...able, owners: false, letterCase: false });

    expect(problem?.what).toContain('file system (9p) has no owners, no names that differ in case only.');
    expect(problem?.todo).toBe('export HEARTH_CACHE_DIR=/a/folder/on/another/disk');
  });

  it('pass on why a folder can not be made', () => {
    expect(unmakeable(good, "mkdir: cannot create directory 'x': Permission denied\n").why).toContain(
      'Permission denied',
    );
  });
});

describe('readFolder', () => {
  it('reads the folder above one that is not made yet', async () => {
    const folder = await fileTree();

    const facts = await readFolder(`${folder}/a/b`);

    expect(facts).toMatchObject({ path: `${folder}/a/b`, nearest: folder, isFolder: true, isWritable: true });
    expect(facts.freeBytes).toBeGreaterThan(0);
  });
});
