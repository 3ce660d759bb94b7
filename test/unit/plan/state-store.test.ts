import { describe, expect, it } from 'vitest';
import { hasResult, readLastParts, resultFolder, stageStore } from '../../../builder/plan/state-store.ts';
import { addFiles, fileTree } from '../../helpers/file-tree.ts';

const digest = 'ab'.repeat(32);

describe('stageStore', () => {
  it('shares results between projects, but not what was built last', () => {
    const one = stageStore('/cache', '/home/a/hearth');
    const two = stageStore('/cache', '/home/b/hearth');

    expect(one.folder).toBe('/cache/stages');
    expect(two.folder).toBe(one.folder);
    expect(one.lastPartsFile).toMatch(/^\/cache\/plans\/[0-9a-f]{12}\.json$/);
    expect(two.lastPartsFile).not.toBe(one.lastPartsFile);
  });
});

describe('hasResult', () => {
  it('finds a result by its digest, and no draft of it', async () => {
    const store = stageStore(await fileTree(), '/project');
    const name = resultFolder(store, digest).slice(store.folder.length + 1);
    expect(name).toBe('ab'.repeat(16));

    await addFiles(store.folder, { [`${name}.draft-1-00/stage.json`]: '{}' });
    expect(await hasResult(store, digest)).toBe(false);

    await addFiles(store.folder, { [`${name}/stage.json`]: '{}' });
    expect(await hasResult(store, digest)).toBe(true);
  });
});

describe('readLastParts', () => {
  it('reads the parts of each stage', async () => {
    const store = stageStore(await fileTree(), '/project');
    await addFiles('/', { [store.lastPartsFile]: '{"10-boot":{"parent":"aa"}}' });

    expect(await readLastParts(store)).toEqual({ '10-boot': { parent: 'aa' } });
  });

  it.each(['', '{"10-boot":{"par', 'null', '[]', '"text"'])(
    'takes a damaged file for none: %j',
    async (text) => {
      const store = stageStore(await fileTree(), '/project');
      await addFiles('/', { [store.lastPartsFile]: text });

      expect(await readLastParts(store)).toEqual({});
    },
  );

  it('takes a missing file for none', async () => {
    expect(await readLastParts(stageStore(await fileTree(), '/project'))).toEqual({});
  });
});
