import { describe, expect, it } from 'vitest';
import { fatRegions, nameRanges } from '../../../builder/image/compare-regions.ts';

const regions = [
  { name: 'superblock', startBytes: 0, endBytes: 4096 },
  { name: 'inodes', startBytes: 4096, endBytes: 8192 },
  { name: '/etc/x', startBytes: 16_384, endBytes: 20_480 },
];

describe('nameRanges', () => {
  it('splits a range at the borders of what lies there', () => {
    expect(nameRanges([{ startBytes: 4096, endBytes: 24_576 }], regions)).toEqual([
      { name: 'inodes', startBytes: 4096, endBytes: 8192 },
      { name: 'free space', startBytes: 8192, endBytes: 16_384 },
      { name: '/etc/x', startBytes: 16_384, endBytes: 20_480 },
      { name: 'free space', startBytes: 20_480, endBytes: 24_576 },
    ]);
  });

  it('names a part of a region by the region', () => {
    expect(nameRanges([{ startBytes: 100, endBytes: 200 }], regions)).toEqual([
      { name: 'superblock', startBytes: 100, endBytes: 200 },
    ]);
  });
});

describe('fatRegions', () => {
  it('finds table and content from the first sector', () => {
    const sector = Buffer.alloc(512);
    sector.writeUInt16LE(512, 11);
    sector.writeUInt16LE(32, 14);
    sector.writeUInt8(2, 16);
    sector.writeUInt32LE(100, 36);

    expect(fatRegions(sector, { startBytes: 1024, endBytes: 500_000 })).toEqual([
      { name: 'boot partition: boot sectors', startBytes: 1024, endBytes: 17_408 },
      { name: 'boot partition: file allocation table', startBytes: 17_408, endBytes: 119_808 },
      { name: 'boot partition: folders and files', startBytes: 119_808, endBytes: 500_000 },
    ]);
  });
});
