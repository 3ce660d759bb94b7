import { describe, expect, it } from 'vitest';
import {
  type History,
  historyFile,
  layersInUse,
  readHistory,
  withBuild,
} from '../../../builder/plan/history.ts';
import { fileTree } from '../../helpers/file-tree.ts';

const empty: History = { parts: {}, durations: {}, layers: [] };
const sample: History = {
  parts: { '10-a': { format: '1' } },
  durations: { '10-a/00-packages': 5000 },
  layers: [['a', 'b']],
};

describe('readHistory', () => {
  it('reads what was written', async () => {
    const folder = await fileTree({ 'p.json': JSON.stringify(sample) });

    expect(await readHistory(`${folder}/p.json`)).toEqual(sample);
  });

  it.each([
    '',
    'null',
    '[]',
    '"text"',
    JSON.stringify(sample).slice(0, 40),
    JSON.stringify({ ...sample, parts: null }),
    JSON.stringify({ ...sample, durations: undefined }),
    JSON.stringify({ ...sample, layers: {} }),
    JSON.stringify({ '10-a': { format: '1' } }),
  ])('is empty for a damaged one: %s', async (text) => {
    const folder = await fileTree({ 'p.json': text });

    expect(await readHistory(`${folder}/p.json`)).toEqual(empty);
  });

  it('is empty where nothing was built', async () => {
    expect(await readHistory('/none/p.json')).toEqual(empty);
  });
});

describe('historyFile', () => {
  it('is one for each project', () => {
    expect(historyFile('/cache', '/a')).toMatch(/^\/cache\/plans\/[0-9a-f]+\.json$/);
    expect(historyFile('/cache', '/a')).toBe(historyFile('/cache', '/a'));
    expect(historyFile('/cache', '/b')).not.toBe(historyFile('/cache', '/a'));
  });
});

describe('withBuild', () => {
  it('keeps the layers of the last three builds, newest first', () => {
    const keys = [['a'], ['b'], ['c'], ['d']];

    const history = keys.reduce<History>(withBuild, empty);

    expect(history.layers).toEqual([['d'], ['c'], ['b']]);
  });

  it('counts the same build once', () => {
    const keys = [['a'], ['b'], ['a'], ['a']];

    expect(keys.reduce<History>(withBuild, empty).layers).toEqual([['a'], ['b']]);
  });

  it('leaves the rest as it is', () => {
    expect(withBuild(sample, ['c'])).toEqual({ ...sample, layers: [['c'], ['a', 'b']] });
    expect(sample.layers).toEqual([['a', 'b']]);
  });
});

describe('layersInUse', () => {
  it('are those of all projects, and damaged histories do no harm', async () => {
    const cacheDir = await fileTree({
      'plans/1.json': JSON.stringify({ ...empty, layers: [['a', 'b'], ['c']] }),
      'plans/2.json': JSON.stringify({ ...empty, layers: [['b', 'd']] }),
      'plans/3.json': 'half',
    });

    expect([...(await layersInUse(cacheDir))].toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('are none in a new cache', async () => {
    expect((await layersInUse(await fileTree())).size).toBe(0);
  });
});
