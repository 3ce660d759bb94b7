import type { FileHandle } from 'node:fs/promises';

/** A piece of the disk where two images differ, or that has a name. The end is the first byte behind it. */
export interface ByteRange {
  readonly startBytes: number;
  readonly endBytes: number;
}

const pieceBytes = 4 << 20;
const blockBytes = 4096;

/**
 * Where two files differ, in whole blocks of 4096 bytes; neighbours are joined. What only the longer file has counts
 * as different.
 */
export async function differingRanges(a: FileHandle, b: FileHandle): Promise<ByteRange[]> {
  const sizes = [(await a.stat()).size, (await b.stat()).size];
  const [shorter, longer] = [Math.min(...sizes), Math.max(...sizes)];
  const ranges: ByteRange[] = [];
  const [left, right] = [Buffer.alloc(pieceBytes), Buffer.alloc(pieceBytes)];
  for (let offset = 0; offset < shorter; offset += pieceBytes) {
    const length = Math.min(pieceBytes, shorter - offset);
    await Promise.all([a.read(left, 0, length, offset), b.read(right, 0, length, offset)]);
    if (left.compare(right, 0, length, 0, length) !== 0) addBlocks(ranges, { left, right, offset, length });
  }
  if (shorter < longer) addRange(ranges, { startBytes: shorter, endBytes: longer });
  return ranges;
}

function addBlocks(
  ranges: ByteRange[],
  piece: { left: Buffer; right: Buffer; offset: number; length: number },
): void {
  for (let start = 0; start < piece.length; start += blockBytes) {
    const end = Math.min(start + blockBytes, piece.length);
    if (piece.left.compare(piece.right, start, end, start, end) === 0) continue;
    addRange(ranges, { startBytes: piece.offset + start, endBytes: piece.offset + end });
  }
}

function addRange(ranges: ByteRange[], range: ByteRange): void {
  const last = ranges.at(-1);
  if (last?.endBytes === range.startBytes) ranges.splice(-1, 1, { ...range, startBytes: last.startBytes });
  else ranges.push(range);
}
