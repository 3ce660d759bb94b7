import { truncate, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodePartitionTable,
  encodePartitionTable,
  fat32Type,
  linuxType,
  type PartitionTable,
  readPartitionTable,
  sectorBytes,
} from '../../../builder/image/partition-table.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { fileTree } from '../../helpers/file-tree.ts';

const mebibyte = 1024 * 1024;
const example: PartitionTable = {
  diskId: '0a1b2c3d',
  partitions: [
    { number: 1, type: fat32Type, startBytes: 4 * mebibyte, sizeBytes: 512 * mebibyte },
    { number: 2, type: linuxType, startBytes: 516 * mebibyte, sizeBytes: 2048 * mebibyte },
  ],
};

describe('encodePartitionTable', () => {
  it('writes the bytes that a boot ROM reads', () => {
    const sector = encodePartitionTable(example);

    expect(sector.length).toBe(512);
    expect(sector.subarray(0, 440).every((byte) => byte === 0)).toBe(true);
    expect(sector.subarray(440).toString('hex')).toBe(
      [
        '3d2c1b0a0000', // disk id, little-endian, and two bytes of zero
        '00feffff0cfeffff' + '00200000' + '00001000', // from sector 8192, 1048576 sectors
        '00feffff83feffff' + '00201000' + '00004000',
        '0'.repeat(64),
        '55aa',
      ].join(''),
    );
  });
});

describe('decodePartitionTable', () => {
  it('reads back every table', () => {
    const sectors = fc.integer({ min: 1, max: 0xffff_ffff });
    const partition = (number: number) =>
      fc.option(
        fc.record({
          number: fc.constant(number),
          type: fc.integer({ min: 1, max: 255 }),
          startBytes: sectors.map((count) => count * sectorBytes),
          sizeBytes: sectors.map((count) => count * sectorBytes),
        }),
        { nil: undefined },
      );
    const tables = fc.record({
      diskId: fc.integer({ min: 0, max: 0xffff_ffff }).map((id) => id.toString(16).padStart(8, '0')),
      partitions: fc
        .tuple(partition(1), partition(2), partition(3), partition(4))
        .map((all) => all.filter((entry) => entry !== undefined)),
    });

    fc.assert(
      fc.property(tables, (table) => {
        expect(decodePartitionTable(encodePartitionTable(table))).toEqual(table);
      }),
    );
  });

  it('finds no table in other bytes', () => {
    expect(decodePartitionTable(Buffer.alloc(512))).toBeUndefined();
    expect(decodePartitionTable(encodePartitionTable(example).subarray(0, 511))).toBeUndefined();
  });
});

describe('readPartitionTable', () => {
  it('reads the table of an image file', async () => {
    const path = `${await fileTree()}/a.img`;
    await writeFile(path, encodePartitionTable(example));
    await truncate(path, mebibyte);

    expect(await readPartitionTable(path)).toEqual(example);
  });

  it.each([
    ['a short file', 'text'],
    ['an empty file', ''],
    ['a table without partitions', encodePartitionTable({ diskId: '00000001', partitions: [] })],
  ])('refuses %s', async (_what, content) => {
    const path = `${await fileTree()}/a.img`;
    await writeFile(path, content);

    const error = await errorOf(async () => await readPartitionTable(path));

    expect(error.code).toBe('ERR_IMAGE_INVALID');
    expect(error.message).toBe(`${path} is not a disk image.`);
  });

  it('names a file that is not there', async () => {
    const error = await errorOf(async () => await readPartitionTable('/nowhere/a.img'));

    expect(error.code).toBe('ERR_IMAGE_INVALID');
    expect(error.message).toBe('/nowhere/a.img can not be read.');
    expect(error.why).toContain('ENOENT');
  });
});
