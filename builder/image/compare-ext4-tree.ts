import type { FileEntry } from './compare-entries.ts';
import type { Ext4 } from './compare-ext4.ts';

/** A file of ext4, with the number of its inode for naming parts of the disk. */
export interface Ext4File extends FileEntry {
  readonly inodeNumber: number;
}

const rootInode = 2;
const kinds: Readonly<Record<number, string>> = {
  1: 'fifo',
  2: 'character device',
  4: 'folder',
  6: 'block device',
  8: 'file',
  10: 'symbolic link',
  12: 'socket',
};
const usesExtents = 0x8_0000;

/** All files from the root folder down, by path. */
export function listExt4(disk: Ext4): Map<string, Ext4File> {
  const files = new Map<string, Ext4File>();
  const visit = (path: string, inodeNumber: number) => {
    const inode = Buffer.from(disk.inode(inodeNumber));
    files.set(path === '' ? '/' : path, describe(disk, inode, inodeNumber));
    if (kindOf(inode) !== 'folder') return;
    for (const [name, child] of readFolder(disk, inode)) visit(`${path}/${name}`, child);
  };
  visit('', rootInode);
  return files;
}

function describe(disk: Ext4, inode: Buffer, inodeNumber: number): Ext4File {
  const kind = kindOf(inode);
  const sizeBytes = inode.readUInt32LE(0x04) + inode.readUInt32LE(0x6c) * 2 ** 32;
  const number = (low: number, high: number) => inode.readUInt16LE(low) + inode.readUInt16LE(high) * 65_536;
  const facts = {
    type: kind,
    mode: (inode.readUInt16LE(0) & 0o7777).toString(8).padStart(4, '0'),
    owner: `${number(0x02, 0x78)}:${number(0x18, 0x7a)}`,
    ...(kind === 'symbolic link' ? { 'link target': linkTarget(disk, inode, sizeBytes) } : {}),
    ...(kind.endsWith('device') ? { device: inode.subarray(0x28, 0x30).toString('hex') } : {}),
    // A folder's count follows from the folders in it.
    ...(kind === 'folder' ? {} : { 'hard links': String(inode.readUInt16LE(0x1a)) }),
    ...extendedAttributes(disk, inode),
    mtime: timeOf(inode, 0x10, 0x88),
    ctime: timeOf(inode, 0x0c, 0x84),
    atime: timeOf(inode, 0x08, 0x8c),
    'birth time': timeOf(inode, 0x90, 0x94),
  };
  const read = (offset: number, length: number) => disk.read(inode, offset, length);
  return { facts, sizeBytes, inodeNumber, read: kind === 'file' ? read : undefined };
}

function kindOf(inode: Buffer): string {
  return kinds[inode.readUInt16LE(0) >> 12] ?? 'unknown';
}

/** Short targets stand in the inode itself. */
function linkTarget(disk: Ext4, inode: Buffer, sizeBytes: number): string {
  const isShort = (inode.readUInt32LE(0x20) & usesExtents) === 0;
  const bytes = isShort ? inode.subarray(0x28, 0x28 + sizeBytes) : disk.read(inode, 0, sizeBytes);
  return bytes.toString('utf8');
}

/** The extra field has nanoseconds, and two bits that count on after the year 2038. */
function timeOf(inode: Buffer, offset: number, extraOffset: number): string {
  const hasExtra = inode.length > 128 && 128 + inode.readUInt16LE(0x80) >= extraOffset + 4;
  if (offset >= 128 && !hasExtra) return 'none';
  const extra = hasExtra ? inode.readUInt32LE(extraOffset) : 0;
  const seconds = inode.readInt32LE(offset) + (extra & 3) * 2 ** 32;
  const nanoseconds = extra >>> 2;
  const text = new Date(seconds * 1000).toISOString().replace('.000Z', '');
  return nanoseconds === 0 ? `${text}Z` : `${text}.${String(nanoseconds).padStart(9, '0')}Z`;
}

function readFolder(disk: Ext4, inode: Buffer): [name: string, inodeNumber: number][] {
  const entries: [string, number][] = [];
  for (const extent of disk.extents(inode)) {
    for (let index = 0; index < extent.blocks; index++) {
      // The inner nodes of a hashed folder look like blocks without entries.
      entries.push(...entriesOf(disk.block(extent.diskBlock + index)));
    }
  }
  return entries;
}

function* entriesOf(block: Buffer): Generator<[string, number]> {
  for (let offset = 0; offset + 8 <= block.length; ) {
    const lengthBytes = block.readUInt16LE(offset + 4);
    if (lengthBytes < 8) return;
    const inodeNumber = block.readUInt32LE(offset);
    const name = block.toString('utf8', offset + 8, offset + 8 + block.readUInt8(offset + 6));
    if (inodeNumber !== 0 && name !== '.' && name !== '..') yield [name, inodeNumber];
    offset += lengthBytes;
  }
}

const attributeMagic = 0xea02_0000;
const attributePrefixes: Readonly<Record<number, string>> = {
  1: 'user.',
  2: 'system.posix_acl_access',
  3: 'system.posix_acl_default',
  4: 'trusted.',
  6: 'security.',
  7: 'system.',
};

/** Extended attributes of the inode and of its own block, as facts `xattr NAME`. */
function extendedAttributes(disk: Ext4, inode: Buffer): Record<string, string> {
  const attributes: Record<string, string> = {};
  const afterFields = 128 + (inode.length > 128 ? inode.readUInt16LE(0x80) : 0);
  if (afterFields + 4 <= inode.length && inode.readUInt32LE(afterFields) === attributeMagic) {
    Object.assign(attributes, attributesIn(inode.subarray(afterFields + 4), 0));
  }
  const ownBlock = inode.readUInt32LE(0x68);
  if (ownBlock !== 0) Object.assign(attributes, attributesIn(disk.block(ownBlock), 32));
  return attributes;
}

/** The table of names begins at `start`; values are counted from the begin of the area. */
function attributesIn(area: Buffer, start: number): Record<string, string> {
  const found: Record<string, string> = {};
  let offset = start;
  while (offset + 16 <= area.length && area.readUInt32LE(offset) !== 0) {
    const nameBytes = area.readUInt8(offset);
    const prefix = attributePrefixes[area.readUInt8(offset + 1)] ?? '?.';
    const valueAt = area.readUInt16LE(offset + 2);
    const value = area.subarray(valueAt, valueAt + area.readUInt32LE(offset + 8));
    const name = area.toString('latin1', offset + 16, offset + 16 + nameBytes);
    found[`xattr ${prefix}${name}`] = value.toString('hex');
    offset += 16 + Math.ceil(nameBytes / 4) * 4;
  }
  return found;
}
