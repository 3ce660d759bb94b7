import { rm } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { leftovers, TestProject } from '../helpers/project.ts';
import {
  damage,
  OwnCache,
  type SmallBuild,
  smallBuild,
  smallSteps,
  stepsRun,
  warm,
} from '../helpers/small-build.ts';

let undisturbed: SmallBuild;

beforeAll(async () => {
  undisturbed = await smallBuild();
});

const [, sources, packages, outside, inside, end, image] = smallSteps;

const damages = [
  {
    name: 'garbled bytes',
    harm: async (cache: OwnCache) => {
      await damage(`${await cache.layer(packages)}/layer.tar.zst`, 'garbled');
    },
    again: [packages, image],
  },
  {
    name: 'a truncated layer, a garbled description and a missing list of removed files',
    harm: async (cache: OwnCache) => {
      await damage(`${await cache.layer(sources)}/layer.tar.zst`, 'truncated');
      await rm(`${await cache.layer(inside)}/removed`);
      // The last one: the layers are found by their descriptions.
      await damage(`${await cache.layer(outside)}/layer.json`, 'truncated');
    },
    again: [sources, outside, inside, image],
  },
] as const;

describe('a layer of the cache that is damaged', () => {
  it.each(damages)('$name: exactly that step runs again, and the image is the same', async (damaged) => {
    await using cache = await OwnCache.of(undisturbed, warm);
    await using project = await TestProject.inCache('small-project', cache.path);
    await damaged.harm(cache);

    const built = await project.hearth('build', '--offline');

    expect(built.exitCode, built.stderr).toBe(0);
    expect(built.stderr).toContain('is damaged; that step runs again');
    expect(stepsRun(built)).toEqual(damaged.again);
    expect(await project.imageSha256('small')).toBe(undisturbed.sha256);
    expect(await cache.unfinished()).toEqual([]);
    expect(await leftovers(cache.path)).toEqual([]);
  });

  it('is found out where nothing but the image is made of it', async () => {
    await using cache = await OwnCache.of(undisturbed, warm);
    await using project = await TestProject.inCache('small-project', cache.path);
    await damage(`${await cache.layer(end)}/layer.tar.zst`, 'garbled');

    const built = await project.hearth('build', '--offline');

    expect(built.exitCode, built.stderr).toBe(0);
    expect(built.stderr).toContain(`the kept layer of 20-end, 00-last/00-run.sh, is damaged`);
    expect(stepsRun(built).filter((step) => step !== image)).toEqual([end]);
    expect(await project.imageSha256('small')).toBe(undisturbed.sha256);
  });
});
