import type { PartitionTable } from './partition-table.ts';
import { fat32Type, linuxType } from './partition-table.ts';
import type { TreeStatistics } from './tree-statistics.ts';

const mebibyte = 1024 * 1024;
const alignment = 4 * mebibyte;
export const blockBytes = 4096;
export const journalBytes = 64 * mebibyte;
/** One inode for each so many bytes, as mke2fs counts them. */
export const bytesPerInode = 16_384;
const inodeBytes = 256;
const bootBytes = 512 * mebibyte;

export interface DiskLayout {
  readonly table: PartitionTable;
  readonly totalBytes: number;
  readonly boot: { readonly startBytes: number; readonly sizeBytes: number };
  readonly root: { readonly startBytes: number; readonly sizeBytes: number };
}

/** `bootfs` of 512 MiB behind a gap of 4 MiB, then `rootfs`, all aligned to 4 MiB (a common erase block of SD cards). */
export function planLayout(diskId: string, statistics: TreeStatistics): DiskLayout {
  const boot = { startBytes: alignment, sizeBytes: bootBytes };
  const root = { startBytes: boot.startBytes + boot.sizeBytes, sizeBytes: rootBytes(statistics) };
  return {
    boot,
    root,
    totalBytes: root.startBytes + root.sizeBytes,
    table: {
      diskId,
      partitions: [
        { number: 1, type: fat32Type, ...boot },
        { number: 2, type: linuxType, ...root },
      ],
    },
  };
}

/**
 * Size of the root file system: its blocks as ext4 rounds them, its inode tables, journal and bitmaps, and free space
 * of a fifth, at least 256 MiB, for a first boot on a card that can not be grown.
 */
export function rootBytes(statistics: TreeStatistics): number {
  const content = statistics.blocks * blockBytes;
  // Room for as many inodes again as the tree has: small files are what a first boot makes.
  const forInodes = statistics.inodes * 2 * bytesPerInode;
  const free = Math.max(256 * mebibyte, content / 5);
  const wanted = Math.max(content + free, forInodes);
  const inodeTables = (wanted / bytesPerInode) * inodeBytes;
  const bitmapsAndDescriptors = wanted / 1000 + 16 * mebibyte;
  const total = wanted + inodeTables + bitmapsAndDescriptors + journalBytes;
  return Math.ceil(total / alignment) * alignment;
}
