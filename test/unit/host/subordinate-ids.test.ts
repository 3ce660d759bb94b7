import { describe, expect, it } from 'vitest';
import {
  findRange,
  freeStart,
  largestCount,
  parseIdMap,
  rangesOfGetsubids,
} from '../../../builder/host/subordinate-ids.ts';

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
    ['a damaged line', 'me\nme:100000\nme::65536\nme:x:65536\n'],
  ])('finds none in %s', (_what, text) => {
    expect(findRange(text, 'me', 1000)).toBeUndefined();
  });
});

describe('largestCount', () => {
  it('is that of the user alone, and 0 without any', () => {
    const text = 'me:1:10\n1000:2:2000\nyou:3:65536\n';

    expect(largestCount(text, 'me', 1000)).toBe(2000);
    expect(largestCount('', 'me', 1000)).toBe(0);
  });
});

describe('rangesOfGetsubids', () => {
  it('takes the first that is large enough', () => {
    expect(rangesOfGetsubids('0: me 5000 100\n1: me 2147483648 65536\n')).toEqual({
      start: 2_147_483_648,
      count: 65_535,
    });
  });

  it('finds none in an error', () => {
    expect(rangesOfGetsubids('Error fetching ranges\n')).toBeUndefined();
  });
});

describe('freeStart', () => {
  it('lies behind all ranges of all files', () => {
    expect(freeStart('a:100000:65536\n', 'a:100000:65536\nb:165536:65536\n')).toBe(231_072);
    expect(freeStart('a:1000:5\n', '')).toBe(100_000);
  });
});

describe('parseIdMap', () => {
  it('keeps the inner side', () => {
    expect(parseIdMap('         0       1000          1\n         1     100000      65536\n')).toEqual([
      { start: 0, count: 1 },
      { start: 1, count: 65_536 },
    ]);
    expect(parseIdMap('')).toEqual([]);
  });
});
