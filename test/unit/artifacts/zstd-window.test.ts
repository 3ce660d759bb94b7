import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parseFrameHeader, zstdWindowBytes } from '../../../builder/artifacts/zstd-window.ts';
import { fileTree } from '../../helpers/file-tree.ts';

const magic = Buffer.from('28b52ffd', 'hex');
const mebibyte = 1024 ** 2;

/** A frame with one stored block. */
function frame(header: readonly number[], options: { checksum?: boolean } = {}): Buffer {
  const content = Buffer.from('hello');
  const block = Buffer.alloc(3);
  block.writeUIntLE((content.length << 3) | 1, 0, 3);
  const checksum = options.checksum ? [Buffer.alloc(4)] : [];
  return Buffer.concat([magic, Buffer.from(header), block, content, ...checksum]);
}

/** Frame header descriptor 0: no size, no dictionary; then the window as exponent and mantissa. */
function withWindow(exponent: number, mantissa = 0): Buffer {
  return frame([0x00, ((exponent - 10) << 3) | mantissa]);
}

async function windowOf(...parts: readonly Buffer[]): Promise<number> {
  const folder = await fileTree();
  await writeFile(`${folder}/a.zst`, Buffer.concat(parts));
  return await zstdWindowBytes(`${folder}/a.zst`);
}

describe('the window of a zstd file', () => {
  it.each([
    [10, 0, 1024],
    [23, 0, 8 * mebibyte],
    [25, 0, 32 * mebibyte],
    [25, 1, 36 * mebibyte],
    [27, 7, 240 * mebibyte],
    [31, 0, 2048 * mebibyte],
  ])('is read from exponent %i and mantissa %i', async (exponent, mantissa, bytes) => {
    expect(await windowOf(withWindow(exponent, mantissa))).toBe(bytes);
  });

  it.each([
    ['one byte', [0x20, 200], 200],
    ['two bytes, which count from 256', [0x60, 0x00, 0x01], 512],
    ['four bytes', [0xa0, 0, 0, 0, 4], 64 * mebibyte],
    ['eight bytes', [0xe0, 0, 0, 0, 4, 0, 0, 0, 0], 64 * mebibyte],
    ['four bytes after the id of a dictionary', [0xa1, 7, 0, 0, 0, 4], 64 * mebibyte],
  ])('is the size of the content where there is one segment, in %s', (_, header, bytes) => {
    expect(parseFrameHeader(Buffer.concat([frame(header), Buffer.alloc(8)])).windowBytes).toBe(bytes);
  });

  it('is the largest of all frames, also after a checksum and a frame that readers skip', async () => {
    const skipped = Buffer.from('5a2a4d18030000006f6e65', 'hex');
    const checked = frame([0x04, (20 - 10) << 3], { checksum: true });

    expect(await windowOf(checked, skipped, withWindow(26), withWindow(12))).toBe(64 * mebibyte);
  });

  it.each([
    ['an empty file', Buffer.alloc(0), /byte 0/],
    ['another kind of file', Buffer.from('not zstd at all'), /byte 0/],
    ['a frame with something behind it', Buffer.concat([withWindow(20), Buffer.from('rest')]), /byte 14/],
    ['a frame without its last block', withWindow(20).subarray(0, 7), /not a whole zstd file/],
  ])('is not found in %s', async (_, bytes, message) => {
    await expect(windowOf(bytes)).rejects.toThrow(message);
  });
});
