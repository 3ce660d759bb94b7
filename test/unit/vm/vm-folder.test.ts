import { mkdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { folderOwner, makeVmFolder } from '../../../builder/vm/vm-folder.ts';

/** Higher than any process number that Linux gives. */
const nobody = 4_194_305;

describe('makeVmFolder', () => {
  it('makes a folder that tells its owner, and removes those of killed processes', async () => {
    const left = `${tmpdir()}/hearth-vm-${nobody}-abcdef`;
    await mkdir(left, { recursive: true });

    const folder = await makeVmFolder();

    expect(folderOwner(folder.split('/').at(-1) ?? '')).toBe(process.pid);
    await expect(stat(left)).rejects.toThrow(/ENOENT/);
    await rm(folder, { recursive: true });
  });
});

describe('folderOwner', () => {
  it.each([
    ['hearth-vm-12-AbC123', 12],
    ['hearth-vm-x-AbC123', undefined],
    ['hearth-1000', undefined],
  ])('reads %s', (name, owner) => {
    expect(folderOwner(name)).toBe(owner);
  });
});
