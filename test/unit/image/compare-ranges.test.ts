import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ByteRange, differingRanges } from '../../../builder/image/compare-ranges.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(`${tmpdir()}/hearth-ranges-`);
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function rangesOf(a: Buffer, b: Buffer): Promise<ByteRange[]> {
  await writeFile(`${folder}/a`, a);
  await writeFile(`${folder}/b`, b);
  await using left = await open(`${folder}/a`);
  await using right = await open(`${folder}/b`);
  return await differingRanges(left, right);
}

describe('differingRanges', () => {
  it('finds nothing in equal files', async () => {
    expect(await rangesOf(Buffer.alloc(10_000), Buffer.alloc(10_000))).toEqual([]);
  });

  it('joins neighbouring blocks, also across the pieces that are read at once', async () => {
    const [a, b] = [Buffer.alloc(9 << 20), Buffer.alloc(9 << 20)];
    b[5000] = 1;
    b.fill(1, (4 << 20) - 10, (4 << 20) + 10);

    expect(await rangesOf(a, b)).toEqual([
      { startBytes: 4096, endBytes: 8192 },
      { startBytes: (4 << 20) - 4096, endBytes: (4 << 20) + 4096 },
    ]);
  });

  it('takes what only the longer file has for different', async () => {
    expect(await rangesOf(Buffer.alloc(4096), Buffer.alloc(6000))).toEqual([
      { startBytes: 4096, endBytes: 6000 },
    ]);
  });
});
