import { readdir, utimes } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { stageStore } from '../../../builder/plan/state-store.ts';
import { forgetOldResults } from '../../../builder/run/build.ts';
import { addFiles, fileTree } from '../../helpers/file-tree.ts';

describe('forgetOldResults', () => {
  it('keeps the three results of a stage that were used last', async () => {
    const store = stageStore(await fileTree(), '/project');
    for (let number = 1; number <= 5; number++) {
      await addFiles(store.folder, { [`result-${number}/stage.json`]: '{"stage":"10-b"}' });
      await utimes(`${store.folder}/result-${number}`, number * 1000, number * 1000);
    }
    await utimes(`${store.folder}/result-1`, 9000, 9000);
    await addFiles(store.folder, {
      'other-stage/stage.json': '{"stage":"00-a"}',
      'result-6.draft-1-00/stage.json': '{"stage":"10-b"}',
    });

    await forgetOldResults(store, '10-b');

    expect((await readdir(store.folder)).sort()).toEqual([
      'other-stage',
      'result-1',
      'result-4',
      'result-5',
      'result-6.draft-1-00',
    ]);
  });

  it('does not fail at a result whose description was lost in a power cut', async () => {
    const store = stageStore(await fileTree(), '/project');
    await addFiles(store.folder, {
      'damaged/stage.json': '',
      'empty/': '',
      'good/stage.json': '{"stage":"10-b"}',
    });

    await forgetOldResults(store, '10-b');

    expect((await readdir(store.folder)).sort()).toEqual(['damaged', 'empty', 'good']);
  });
});
