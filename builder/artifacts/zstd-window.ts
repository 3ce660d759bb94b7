import { type FileHandle, open } from 'node:fs/promises';

/** What a reader of the file needs at least, in bytes: the largest window of its frames. Throws on a file that is not zstd. */
export async function zstdWindowBytes(file: string): Promise<number> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    if (size === 0) throw notZstd(file, 0);
    let largest = 0;
    for (let at = 0; at < size; ) {
      const frame = await readFrame(handle, file, at);
      largest = Math.max(largest, frame.windowBytes);
      at = frame.end;
    }
    return largest;
  } finally {
    await handle.close();
  }
}

/** The window that the header of one zstd frame (RFC 8878, 3.1.1.1) asks for, and how long that header is, in bytes. */
export function parseFrameHeader(bytes: Buffer): {
  windowBytes: number;
  length: number;
  hasChecksum: boolean;
} {
  const descriptor = bytes.readUInt8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 2 ** sizeFlag;
  const sizeAt = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes;
  return {
    // A single segment has no window of its own: all of its content is kept at once.
    windowBytes: isSingleSegment ? contentSize(bytes, sizeAt, sizeBytes) : windowSize(bytes.readUInt8(5)),
    length: sizeAt + sizeBytes,
    hasChecksum: (descriptor & 4) !== 0,
  };
}

const frameMagic = 0xfd2fb528;
/** Sixteen magic numbers that differ in the last four bits: frames that a reader steps over. */
const skippableMagic = 0x184d2a50;
const longestHeader = 18;

async function readFrame(handle: FileHandle, file: string, at: number) {
  const header = Buffer.alloc(longestHeader);
  await handle.read(header, 0, longestHeader, at);
  const magic = header.readUInt32LE(0);
  if ((magic & 0xfffffff0) >>> 0 === skippableMagic)
    return { windowBytes: 0, end: at + 8 + header.readUInt32LE(4) };
  if (magic !== frameMagic) throw notZstd(file, at);
  const { windowBytes, length, hasChecksum } = parseFrameHeader(header);
  const end = await endOfBlocks(handle, file, at + length);
  return { windowBytes, end: end + (hasChecksum ? 4 : 0) };
}

/** Steps from block to block without unpacking them. */
async function endOfBlocks(handle: FileHandle, file: string, start: number): Promise<number> {
  const header = Buffer.alloc(3);
  for (let at = start; ; ) {
    const { bytesRead } = await handle.read(header, 0, 3, at);
    if (bytesRead < 3) throw notZstd(file, at);
    const word = header.readUIntLE(0, 3);
    const isRun = ((word >> 1) & 3) === 1;
    at += 3 + (isRun ? 1 : word >> 3);
    if ((word & 1) === 1) return at;
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function contentSize(bytes: Buffer, at: number, length: number): number {
  if (length === 8) return Number(bytes.readBigUInt64LE(at));
  // Two bytes count from 256 on: one byte says less already.
  return bytes.readUIntLE(at, length) + (length === 2 ? 256 : 0);
}

function notZstd(file: string, at: number): Error {
  return new Error(`${file} is not a whole zstd file: nothing to go on with at byte ${at}`);
}
