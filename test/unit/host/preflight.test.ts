import { chmod, readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { checkHost, inspectHost } from '../../../builder/host/preflight.ts';
import { fileTree } from '../../helpers/file-tree.ts';

describe('inspectHost', () => {
  it('finds nothing on this host, and touches nothing', async () => {
    const folder = await fileTree();

    const report = await inspectHost({
      cacheDir: `${folder}/cache`,
      outDir: `${folder}/out`,
      neededBytes: 1,
    });

    expect(report.problems).toEqual([]);
    expect(report.acceleration).not.toBe('');
    expect(await readdir(folder)).toEqual([]);
  });

  it('takes a good host in a moment', async () => {
    const folder = await fileTree();
    const needs = { cacheDir: `${folder}/cache`, outDir: `${folder}/out`, neededBytes: 1 };
    await inspectHost(needs);

    const startedAt = performance.now();
    await inspectHost(needs);

    // Below 100 ms on an idle machine; the rest is for a busy one.
    expect(performance.now() - startedAt).toBeLessThan(3000);
  }, 30_000);
});

describe('checkHost', () => {
  it('names everything that is wrong at once, with a line to paste for each', async () => {
    const folder = await fileTree({ file: '' });
    const needs = { cacheDir: `${folder}/cache`, outDir: `${folder}/file/out`, neededBytes: 1e18 };

    await expect(checkHost(needs)).rejects.toMatchObject({
      code: 'ERR_HOST_UNSUITABLE',
      exitCode: 3,
      message: 'This host can not build yet: 2 things are in the way.',
      todo: 'export HEARTH_CACHE_DIR=/a/folder/with/more/space\nexport HEARTH_OUT_DIR=/a/folder/on/another/disk',
      details: expect.stringMatching(/a build needs 909495 TiB\.(.|\n)*file is a file, not a folder/),
    });
  });

  it.runIf(process.getuid?.() !== 0)('names a folder that may not be written to', async () => {
    const folder = await fileTree({ 'locked/': '' });
    await chmod(`${folder}/locked`, 0o555);

    await expect(
      checkHost({ cacheDir: `${folder}/locked/cache`, outDir: folder, neededBytes: 1 }),
    ).rejects.toMatchObject({ details: expect.stringContaining(`We may not write to ${folder}/locked`) });
  });
});
