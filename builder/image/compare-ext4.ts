import { readSync } from 'node:fs';
import { HearthError } from '../errors/hearth-error.ts';

/** An ext4 file system inside an open image, read without mounting: what mke2fs writes, not all that ext4 can be. */
export interface Ext4 {
  readonly blockBytes: number;
  readonly blockCount: number;
  readonly blocksPerGroup: number;
  readonly inodesPerGroup: number;
  readonly inodeBytes: number;
  readonly groups: readonly Ext4Group[];
  readonly groupDescriptorBytes: number;
  /** The raw inode; numbers start at 1, the root folder is 2. */
  inode(number: number): Buffer;
  /** Where the content of a file lies; holes and blocks that were never written are left out. */
  extents(inode: Buffer): readonly Extent[];
  /** Content of a file, with zeros where it has holes. */
  read(inode: Buffer, offsetBytes: number, lengthBytes: number): Buffer;
  block(number: number): Buffer;
}

/** Block numbers of a group's tables. */
export interface Ext4Group {
  readonly blockBitmap: number;
  readonly inodeBitmap: number;
  readonly inodeTable: number;
}

export interface Extent {
  readonly fileBlock: number;
  readonly diskBlock: number;
  readonly blocks: number;
}

const superblockOffset = 1024;
const magic = 0xef53;
const extentMagic = 0xf30a;
const usesExtents = 0x8_0000;
/** Type bits of a mode: folder, file. */
const withBlocks: readonly number[] = [4, 8];
/** file types in folders, recovery, extents, 64 bit, flexible groups, checksum seed, large folders */
const knownFeatures = 0x02 | 0x04 | 0x40 | 0x80 | 0x200 | 0x2000 | 0x4000;

/** Opens the file system at `startBytes` of an open file. Throws ERR_IMAGE_INVALID for what it can not read. */
export function openExt4(file: number, startBytes: number): Ext4 {
  const bytes = (offset: number, length: number) => {
    const buffer = Buffer.alloc(length);
    readSync(file, buffer, 0, length, startBytes + offset);
    return buffer;
  };
  const superblock = bytes(superblockOffset, 1024);
  if (superblock.readUInt16LE(0x38) !== magic) throw unreadable('It has no ext4 superblock.');
  const unknown = superblock.readUInt32LE(0x60) & ~knownFeatures;
  if (unknown !== 0) throw unreadable(`It has features that are not known here: 0x${unknown.toString(16)}.`);
  const blockBytes = 1024 << superblock.readUInt32LE(0x18);
  const blockCount = superblock.readUInt32LE(0x04);
  const blocksPerGroup = superblock.readUInt32LE(0x20);
  const groupDescriptorBytes = Math.max(32, superblock.readUInt16LE(0xfe));
  const groupCount = Math.ceil((blockCount - superblock.readUInt32LE(0x14)) / blocksPerGroup);
  const descriptors = bytes(Math.max(blockBytes, superblockOffset + 1024), groupCount * groupDescriptorBytes);
  const shape = {
    blockBytes,
    blockCount,
    blocksPerGroup,
    groupDescriptorBytes,
    inodesPerGroup: superblock.readUInt32LE(0x28),
    inodeBytes: superblock.readUInt16LE(0x58),
    groups: Array.from({ length: groupCount }, (_, group) => ({
      blockBitmap: descriptors.readUInt32LE(group * groupDescriptorBytes),
      inodeBitmap: descriptors.readUInt32LE(group * groupDescriptorBytes + 4),
      inodeTable: descriptors.readUInt32LE(group * groupDescriptorBytes + 8),
    })),
  };
  const block = (number: number) => bytes(number * blockBytes, blockBytes);
  const inodesPerBlock = blockBytes / shape.inodeBytes;
  // Files of one folder have neighbouring inodes: most reads are answered by the last block.
  let kept = { number: -1, content: Buffer.alloc(0) };
  return {
    ...shape,
    block,
    inode(number) {
      const index = (number - 1) % shape.inodesPerGroup;
      const table = shape.groups[Math.floor((number - 1) / shape.inodesPerGroup)]?.inodeTable;
      if (table === undefined) throw unreadable(`It has no inode ${number}.`);
      const at = table + Math.floor(index / inodesPerBlock);
      if (kept.number !== at) kept = { number: at, content: block(at) };
      const offset = (index % inodesPerBlock) * shape.inodeBytes;
      return kept.content.subarray(offset, offset + shape.inodeBytes);
    },
    extents: (inode) => extentsOf(inode, block),
    read(inode, offsetBytes, lengthBytes) {
      const result = Buffer.alloc(lengthBytes);
      for (const extent of extentsOf(inode, block)) {
        const start = extent.fileBlock * blockBytes;
        const from = Math.max(start, offsetBytes);
        const to = Math.min(start + extent.blocks * blockBytes, offsetBytes + lengthBytes);
        if (from >= to) continue;
        bytes(extent.diskBlock * blockBytes + from - start, to - from).copy(result, from - offsetBytes);
      }
      return result;
    },
  };
}

function extentsOf(inode: Buffer, block: (number: number) => Buffer): Extent[] {
  if ((inode.readUInt32LE(0x20) & usesExtents) === 0) {
    // Short links and devices keep what they are where others name their blocks.
    const isEmpty = inode.subarray(0x28, 0x64).every((byte) => byte === 0);
    if (isEmpty || !withBlocks.includes(inode.readUInt16LE(0) >> 12)) return [];
    throw unreadable('It has a file with a block map of ext2.');
  }
  return extentsIn(inode.subarray(0x28, 0x64), block);
}

function extentsIn(node: Buffer, block: (number: number) => Buffer): Extent[] {
  if (node.readUInt16LE(0) !== extentMagic) throw unreadable('It has a damaged extent tree.');
  const isLeaf = node.readUInt16LE(6) === 0;
  const found: Extent[] = [];
  for (let entry = 1; entry <= node.readUInt16LE(2); entry++) {
    const at = entry * 12;
    if (!isLeaf) {
      found.push(...extentsIn(block(node.readUInt32LE(at + 4)), block));
      continue;
    }
    const blocks = node.readUInt16LE(at + 4);
    // Longer than that means: reserved, but never written.
    if (blocks > 32_768) continue;
    found.push({ fileBlock: node.readUInt32LE(at), diskBlock: node.readUInt32LE(at + 8), blocks });
  }
  return found;
}

function unreadable(why: string): HearthError {
  return new HearthError('ERR_IMAGE_INVALID', {
    what: 'A root partition can not be read for the comparison.',
    why,
  });
}
