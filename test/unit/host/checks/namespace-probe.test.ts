import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { probeNamespace, readProbe } from '../../../../builder/host/checks/namespace-probe.ts';
import { currentIdentity } from '../../../../builder/host/identity.ts';
import { fileTree } from '../../../helpers/file-tree.ts';

const all =
  'did mounts\ndid folder\ndid owners\ndid modes\ndid symbolicLinks\ndid hardLinks\ndid letterCase\n';

describe('readProbe', () => {
  it('tells where it stopped', () => {
    expect(readProbe('', 'unshare: unshare failed: Operation not permitted', true).failed).toBe('namespace');
    expect(readProbe('', 'mount: /x: permission denied.', true).failed).toBe('mounts');
    expect(readProbe('did mounts\n', 'mkdir: …', true).failed).toBe('folder');
    expect(readProbe('did mounts\n', '', false)).toEqual({ abilities: undefined });
  });

  it('tells what the folder lacks', () => {
    expect(readProbe(`${all}did programs\n`, '', true)).toMatchObject({
      abilities: { owners: true, programs: true, capabilities: false },
    });
  });
});

describe('probeNamespace', () => {
  it('finds that this host can, and leaves nothing', async () => {
    const folder = await fileTree();

    const result = await probeNamespace({ identity: await currentIdentity(), folder });

    expect(result).toEqual({
      abilities: {
        owners: true,
        modes: true,
        symbolicLinks: true,
        hardLinks: true,
        letterCase: true,
        capabilities: true,
        programs: true,
      },
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('tries mounts with our own id alone where there are no others', async () => {
    const result = await probeNamespace({ identity: undefined, folder: undefined });

    expect(result).toEqual({ abilities: undefined });
  });

  it('tells when a folder can not be made', async () => {
    const result = await probeNamespace({ identity: await currentIdentity(), folder: '/nowhere/at/all' });

    expect(result.failed).toBe('folder');
  });
});
