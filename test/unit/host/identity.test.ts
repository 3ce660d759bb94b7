import { describe, expect, it } from 'vitest';
import { currentIdentity, findRange } from '../../../builder/host/identity.ts';

describe('findRange', () => {
  it.each([
    ['by name', 'root:1:65536\nme:100000:65536\n', 100_000],
    ['by number', '1000:200000:65536\n', 200_000],
    ['the first that is large enough', 'me:100000:1000\nme:300000:65535\nme:500000:65536\n', 300_000],
  ])('finds a range %s', (_how, text, start) => {
    expect(findRange(text, 'me', 1000)).toEqual({ start, count: 65_535 });
  });

  it.each([
    ['an empty file', ''],
    ['only others', 'you:100000:65536\n10000:100000:65536\nmee:100000:65536\n'],
    ['a range that is too small', 'me:100000:65534\n'],
    ['a damaged line', 'me\nme:100000\n'],
  ])('finds none in %s', (_what, text) => {
    expect(findRange(text, 'me', 1000)).toBeUndefined();
  });
});

describe('currentIdentity', () => {
  it.runIf(process.getuid?.() === 0)('maps every id of root to itself', async () => {
    expect(await currentIdentity()).toMatchObject({ isRoot: true, uidMap: '0 0 4294967295\n' });
  });
});
