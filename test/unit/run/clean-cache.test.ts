import { readdir, utimes } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { cleanCache } from '../../../builder/run/clean-cache.ts';
import { fileTree } from '../../helpers/file-tree.ts';

const dayMs = 24 * 3_600_000;

async function age(path: string, days: number): Promise<void> {
  const time = new Date(Date.now() - days * dayMs);
  await utimes(path, time, time);
}

describe('cleanCache', () => {
  it('removes layers that no recent build needs once they lay idle for three days', async () => {
    const cacheDir = await fileTree({
      'plans/1.json': JSON.stringify({ parts: {}, durations: {}, layers: [['needed']] }),
      'layers/needed/layer.json': '{}',
      'layers/idle/layer.json': '{}',
      'layers/young/layer.json': '{}',
      'layers/idle.draft-1-x/layer.tar.zst': 'half',
    });
    for (const name of ['needed', 'idle', 'idle.draft-1-x']) await age(`${cacheDir}/layers/${name}`, 3.1);
    await age(`${cacheDir}/layers/young`, 2.9);

    await cleanCache(cacheDir);

    expect((await readdir(`${cacheDir}/layers`)).toSorted()).toEqual(['idle.draft-1-x', 'needed', 'young']);
  });

  it('removes views that nobody looked at for thirty days', async () => {
    const cacheDir = await fileTree({ 'views/old/etc/apt/a': '', 'views/young/etc/apt/a': '' });
    await age(`${cacheDir}/views/old`, 30.1);
    await age(`${cacheDir}/views/young`, 29.9);

    await cleanCache(cacheDir);

    expect(await readdir(`${cacheDir}/views`)).toEqual(['young']);
  });

  it('leaves packages, tools and lists alone', async () => {
    const cacheDir = await fileTree({
      'debs/a.deb': 'a',
      'tools/x/usr/a': '',
      'archive/k/1/state.json': '{}',
    });
    for (const path of ['debs/a.deb', 'tools/x', 'archive/k', 'archive/k/1'])
      await age(`${cacheDir}/${path}`, 400);

    await cleanCache(cacheDir);

    expect(
      (await readdir(cacheDir, { recursive: true })).filter((path) => /a\.deb|usr\/a|state/.test(path)),
    ).toHaveLength(3);
  });

  it('has nothing to do in a new cache', async () => {
    const cacheDir = await fileTree();

    await cleanCache(cacheDir);

    expect(await readdir(cacheDir)).toEqual([]);
  });
});
