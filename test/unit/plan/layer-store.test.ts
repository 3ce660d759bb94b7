import { readdir, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  emptyTree,
  findIdleLayers,
  findLayer,
  type Layer,
  layerFolder,
  layerKey,
  layerStore,
  markAsUsed,
  treeAfter,
} from '../../../builder/plan/layer-store.ts';
import { addFiles, fileTree } from '../../helpers/file-tree.ts';
import { samplePackage } from '../../helpers/sample-packages.ts';

const hourMs = 3_600_000;

function makeLayer(key: string, parts: Partial<Layer> = {}): Layer {
  const content = { sha256: 'a'.repeat(64), removedSha256: 'b'.repeat(64) };
  return {
    ...{ key, stage: '10-a', step: '00-packages', durationMs: 5, sizeBytes: 4 },
    ...content,
    tree: treeAfter(emptyTree, content),
    packages: [samplePackage()],
    ...parts,
  };
}

/** A store with a layer whose tar has four bytes. */
async function storeWith(...layers: readonly Layer[]) {
  const store = layerStore(await fileTree());
  for (const layer of layers) {
    await addFiles(layerFolder(store, layer.key), {
      'layer.json': JSON.stringify(layer),
      'layer.tar.zst': 'text',
      removed: '',
    });
  }
  return store;
}

describe('layerKey', () => {
  it('depends on the inputs, the tree before and the packages', () => {
    const keys = [
      layerKey('a', emptyTree, undefined),
      layerKey('b', emptyTree, undefined),
      layerKey('a', 'other', undefined),
      layerKey('a', emptyTree, 'p'),
      layerKey('a', emptyTree, 'q'),
      layerKey(emptyTree, 'a', undefined),
    ];

    expect(new Set(keys).size).toBe(keys.length);
    expect(layerKey('a', emptyTree, undefined)).toBe(keys[0]);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('treeAfter', () => {
  it('depends on the tree before, and on what was written and removed', () => {
    const trees = [
      treeAfter('t', { sha256: 'a', removedSha256: 'b' }),
      treeAfter('u', { sha256: 'a', removedSha256: 'b' }),
      treeAfter('t', { sha256: 'c', removedSha256: 'b' }),
      treeAfter('t', { sha256: 'a', removedSha256: 'c' }),
      treeAfter('t', { sha256: 'b', removedSha256: 'a' }),
    ];

    expect(new Set(trees).size).toBe(trees.length);
  });

  it('does not depend on when and by which step it was made', () => {
    const quick = makeLayer('one');
    const slow = makeLayer('two', { step: '01-run.sh', durationMs: 9000 });

    expect(treeAfter('t', slow)).toBe(treeAfter('t', quick));
  });
});

describe('findLayer', () => {
  it('finds a layer with all that is known of it', async () => {
    const layer = makeLayer('k');

    expect(await findLayer(await storeWith(layer), 'k')).toEqual(layer);
  });

  it.each<[string, (folder: string) => Promise<void>]>([
    ['whose tar was cut off', async (folder) => await truncate(`${folder}/layer.tar.zst`, 3)],
    ['whose tar has grown', async (folder) => await writeFile(`${folder}/layer.tar.zst`, 'texts')],
    ['whose description was cut off', async (folder) => await truncate(`${folder}/layer.json`, 30)],
    ['whose description is empty', async (folder) => await truncate(`${folder}/layer.json`, 0)],
    ['whose description is nothing', async (folder) => await writeFile(`${folder}/layer.json`, 'null')],
    [
      'that is another one',
      async (folder) => await writeFile(`${folder}/layer.json`, JSON.stringify(makeLayer('other'))),
    ],
  ])('does not find a layer %s', async (_what, damage) => {
    const store = await storeWith(makeLayer('k'));
    await damage(layerFolder(store, 'k'));

    expect(await findLayer(store, 'k')).toBeUndefined();
  });

  it('finds nothing in a store that is not there', async () => {
    expect(await findLayer({ folder: '/none' }, 'k')).toBeUndefined();
  });
});

describe('findIdleLayers', () => {
  async function agedStore() {
    const store = await storeWith(makeLayer('old'), makeLayer('used'), makeLayer('young'));
    await addFiles(store.folder, { 'old.draft-1-x/layer.tar.zst': 'half' });
    const old = new Date(Date.now() - 2 * hourMs);
    for (const name of ['old', 'used', 'old.draft-1-x']) await utimes(`${store.folder}/${name}`, old, old);
    return store;
  }

  it('names what nobody needs and nobody looked at lately, but no drafts', async () => {
    expect(await findIdleLayers(await agedStore(), new Set(['used', 'gone']), hourMs)).toEqual(['old']);
  });

  it('names nothing that was just used', async () => {
    const store = await agedStore();

    await markAsUsed(store, 'old');

    expect(await findIdleLayers(store, new Set(['used']), hourMs)).toEqual([]);
    expect(Date.now() - (await stat(layerFolder(store, 'old'))).mtimeMs).toBeLessThan(hourMs / 2);
  });

  it('knows a cache without layers', async () => {
    const store = layerStore(await fileTree());

    expect(await findIdleLayers(store, new Set(), 0)).toEqual([]);
    await markAsUsed(store, 'none');
    expect(await readdir(store.folder).catch(() => 'none')).toBe('none');
  });
});
