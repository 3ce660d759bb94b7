import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blockBytes,
  bytesPerInode,
  journalBytes,
  planLayout,
  rootBytes,
} from '../../../builder/image/layout.ts';
import { fat32Type, linuxType } from '../../../builder/image/partition-table.ts';

const mebibyte = 1024 * 1024;
const erase = 4 * mebibyte;

/** From an empty tree to one of 64 GiB with 16 million files. */
const trees = fc.record({
  blocks: fc.oneof(fc.nat({ max: 300_000 }), fc.nat({ max: 16 * 1024 * 1024 })),
  inodes: fc.oneof(fc.nat({ max: 50_000 }), fc.nat({ max: 16 * 1024 * 1024 })),
});

/** Upper bound of what ext4 itself takes of so many bytes: mke2fs rounds inodes per group of 128 MiB up by a block. */
function overheadBytes(sizeBytes: number): number {
  const groups = Math.ceil(sizeBytes / (128 * mebibyte));
  const inodeTables = (sizeBytes / bytesPerInode) * 256 + groups * blockBytes;
  const bitmaps = groups * 2 * blockBytes;
  // Descriptors of 64 bytes a group in each copy of the superblock, with room to grow 1024-fold (at most 1024 blocks).
  const copies = 2 + 3 * Math.ceil(Math.log(groups + 1) / Math.log(3));
  const descriptors = copies * (Math.ceil((groups * 64) / blockBytes) + 1) * blockBytes + 1024 * blockBytes;
  return journalBytes + inodeTables + bitmaps + descriptors;
}

describe('planLayout', () => {
  it('puts bootfs behind a gap and rootfs behind bootfs', () => {
    const { table, totalBytes } = planLayout('0a1b2c3d', { blocks: 200_000, inodes: 30_000 });

    expect(table.diskId).toBe('0a1b2c3d');
    expect(table.partitions).toEqual([
      { number: 1, type: fat32Type, startBytes: 4 * mebibyte, sizeBytes: 512 * mebibyte },
      { number: 2, type: linuxType, startBytes: 516 * mebibyte, sizeBytes: totalBytes - 516 * mebibyte },
    ]);
  });

  it('aligns everything to erase blocks, without gaps and overlaps', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const { boot, root, totalBytes, table } = planLayout('00000001', tree);

        for (const value of [boot.startBytes, boot.sizeBytes, root.startBytes, root.sizeBytes]) {
          expect(value % erase).toBe(0);
        }
        expect(root.startBytes).toBe(boot.startBytes + boot.sizeBytes);
        expect(totalBytes).toBe(root.startBytes + root.sizeBytes);
        expect(table.partitions.map(({ startBytes }) => startBytes)).toEqual([
          boot.startBytes,
          root.startBytes,
        ]);
      }),
    );
  });
});

describe('rootBytes', () => {
  it('always leaves a fifth free, at least 256 MiB, after what ext4 takes for itself', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const size = rootBytes(tree);
        const content = tree.blocks * blockBytes;

        const free = size - overheadBytes(size) - content;

        expect(free).toBeGreaterThanOrEqual(Math.max(256 * mebibyte, content / 5) * 0.95);
      }),
    );
  });

  it('always has inodes for twice the files of the tree', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        expect(Math.floor(rootBytes(tree) / bytesPerInode)).toBeGreaterThanOrEqual(2 * tree.inodes);
      }),
    );
  });

  it('never shrinks when the tree grows', () => {
    fc.assert(
      fc.property(trees, fc.nat({ max: 100_000 }), fc.nat({ max: 100_000 }), (tree, blocks, inodes) => {
        const grown = { blocks: tree.blocks + blocks, inodes: tree.inodes + inodes };

        expect(rootBytes(grown)).toBeGreaterThanOrEqual(rootBytes(tree));
      }),
    );
  });

  it('is not wasteful: a tree of 800 MiB gets less than 1.3 GiB', () => {
    const size = rootBytes({ blocks: (800 * mebibyte) / blockBytes, inodes: 19_000 });

    expect(size / mebibyte).toBeLessThan(1331);
  });
});
