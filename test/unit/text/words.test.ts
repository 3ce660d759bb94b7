import { describe, expect, it } from 'vitest';
import { count } from '../../../builder/text/count.ts';
import { formatDuration } from '../../../builder/text/duration.ts';
import { joinWords } from '../../../builder/text/list.ts';
import { markdownTable } from '../../../builder/text/markdown.ts';
import { formatSize } from '../../../builder/text/size.ts';
import { formatTable } from '../../../builder/text/table.ts';

describe('formatSize', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [1023, '1023 bytes'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [1024 * 1024 - 1, '1 MiB'],
    [512 * 1024 ** 2, '512 MiB'],
    [1.42 * 1024 ** 3, '1.4 GiB'],
    [123.4 * 1024 ** 2, '123 MiB'],
    [3 * 1024 ** 5, '3072 TiB'],
  ])('%d bytes are %s', (sizeBytes, text) => {
    expect(formatSize(sizeBytes)).toBe(text);
  });

  it('refuses what is no size', () => {
    expect(() => formatSize(-1)).toThrow(RangeError);
    expect(() => formatSize(Number.NaN)).toThrow(RangeError);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0.0 s'],
    [430, '0.4 s'],
    [9_949, '9.9 s'],
    [9_951, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min 00 s'],
    [125_000, '2 min 05 s'],
    [3_599_600, '1 h 00 min'],
    [3_720_000, '1 h 02 min'],
  ])('%d ms are %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });

  it('refuses what is no time span', () => {
    expect(() => formatDuration(-1)).toThrow(RangeError);
  });
});

describe('count', () => {
  it('takes the plural for all but one', () => {
    expect([count(0, 'error'), count(1, 'error'), count(1482, 'line'), count(2, 'entry', 'entries')]).toEqual(
      ['0 errors', '1 error', '1,482 lines', '2 entries'],
    );
  });
});

describe('joinWords', () => {
  it('puts the last word behind "or"', () => {
    expect([
      joinWords([]),
      joinWords(['a']),
      joinWords(['a', 'b']),
      joinWords(['a', 'b', 'c'], 'and'),
    ]).toEqual(['', 'a', 'a or b', 'a, b and c']);
  });
});

describe('formatTable', () => {
  it('aligns columns and leaves no spaces at line ends', () => {
    const table = formatTable([
      ['stage', 'size'],
      ['00-bootstrap', '1 MiB'],
      ['x', ''],
    ]);

    expect(table).toBe('stage         size\n00-bootstrap  1 MiB\nx');
  });

  it('is empty without rows', () => {
    expect(formatTable([])).toBe('');
  });
});

describe('markdownTable', () => {
  it('escapes bars, which would make a new column', () => {
    expect(markdownTable(['a', 'b'], [['x|y', 'line\nline']])).toBe(
      '| a | b |\n| --- | --- |\n| x\\|y | line line |',
    );
  });
});
