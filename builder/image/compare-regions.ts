import type { Ext4, Ext4Group } from './compare-ext4.ts';
import type { Ext4File } from './compare-ext4-tree.ts';
import type { ByteRange } from './compare-ranges.ts';

/** What a piece of the disk is for. */
export interface NamedRange extends ByteRange {
  readonly name: string;
}

const journalInode = 8;

/** The parts of an ext4 file system: tables of its groups, journal, contents of files. `startBytes` is its own place. */
export function ext4Regions(
  disk: Ext4,
  files: ReadonlyMap<string, Ext4File>,
  startBytes: number,
): NamedRange[] {
  const blocks = (name: string, first: number, count: number): NamedRange => ({
    name,
    startBytes: startBytes + first * disk.blockBytes,
    endBytes: startBytes + (first + count) * disk.blockBytes,
  });
  const named = namesByInode(files);
  const contents = [...named, [journalInode, 'the journal'] as const].flatMap(([inodeNumber, name]) =>
    disk.extents(disk.inode(inodeNumber)).map((extent) => blocks(name, extent.diskBlock, extent.blocks)),
  );
  const tables = disk.groups.flatMap((group, index) => [
    ...superblockRegions(disk, index, blocks),
    blocks(`block bitmap of group ${index}`, group.blockBitmap, 1),
    blocks(`inode bitmap of group ${index}`, group.inodeBitmap, 1),
    ...inodeTableRegions(disk, group, { index, named, blocks }),
  ]);
  return [...tables, ...contents].sort((a, b) => a.startBytes - b.startBytes);
}

/** The parts of a FAT32 file system, from its first sector. */
export function fatRegions(sector: Buffer, range: ByteRange): NamedRange[] {
  const sectorBytes = sector.readUInt16LE(11);
  const table = range.startBytes + sector.readUInt16LE(14) * sectorBytes;
  const content = table + sector.readUInt8(16) * sector.readUInt32LE(36) * sectorBytes;
  return [
    { name: 'boot partition: boot sectors', startBytes: range.startBytes, endBytes: table },
    { name: 'boot partition: file allocation table', startBytes: table, endBytes: content },
    { name: 'boot partition: folders and files', startBytes: content, endBytes: range.endBytes },
  ];
}

/** The name of what lies at each range, joined where neighbours have the same name. */
export function nameRanges(ranges: readonly ByteRange[], regions: readonly NamedRange[]): NamedRange[] {
  const pieces: NamedRange[] = [];
  for (const range of ranges) {
    let at = range.startBytes;
    for (const region of regions) {
      if (region.endBytes <= at) continue;
      if (region.startBytes >= range.endBytes) break;
      if (region.startBytes > at)
        pieces.push({ name: 'free space', startBytes: at, endBytes: region.startBytes });
      const endBytes = Math.min(region.endBytes, range.endBytes);
      pieces.push({ name: region.name, startBytes: Math.max(at, region.startBytes), endBytes });
      at = endBytes;
    }
    if (at < range.endBytes) pieces.push({ name: 'free space', startBytes: at, endBytes: range.endBytes });
  }
  return pieces;
}

type Blocks = (name: string, first: number, count: number) => NamedRange;

/** Copies of the superblock stand in the groups 0, 1 and the powers of 3, 5 and 7. */
function superblockRegions(disk: Ext4, group: number, blocks: Blocks): NamedRange[] {
  if (group > 1 && ![3, 5, 7].some((base) => isPowerOf(base, group))) return [];
  const first = group * disk.blocksPerGroup + (disk.blockBytes === 1024 ? 1 : 0);
  const descriptors = Math.ceil((disk.groups.length * disk.groupDescriptorBytes) / disk.blockBytes);
  const copy = group === 0 ? '' : `, copy in group ${group}`;
  return [blocks(`superblock${copy}`, first, 1), blocks(`group descriptors${copy}`, first + 1, descriptors)];
}

function isPowerOf(base: number, value: number): boolean {
  return value === 1 || (value % base === 0 && isPowerOf(base, value / base));
}

/** One region for each block of the table, named by the files whose inodes it holds. */
function inodeTableRegions(
  disk: Ext4,
  group: Ext4Group,
  context: { index: number; named: ReadonlyMap<number, string>; blocks: Blocks },
): NamedRange[] {
  const perBlock = disk.blockBytes / disk.inodeBytes;
  return Array.from({ length: disk.inodesPerGroup / perBlock }, (_, block) => {
    const first = context.index * disk.inodesPerGroup + block * perBlock + 1;
    const numbers = Array.from({ length: perBlock }, (_unused, offset) => first + offset);
    const owners = numbers.flatMap((number) => context.named.get(number) ?? []);
    const about =
      owners.length === 0 ? '' : `: ${owners[0]}${owners.length > 1 ? ` to ${owners.at(-1)}` : ''}`;
    return context.blocks(`inodes ${first} to ${first + perBlock - 1}${about}`, group.inodeTable + block, 1);
  });
}

/** Hard links share an inode: the first name counts. */
function namesByInode(files: ReadonlyMap<string, Ext4File>): ReadonlyMap<number, string> {
  const named = new Map<number, string>();
  for (const [path, { inodeNumber }] of files) {
    if (!named.has(inodeNumber)) named.set(inodeNumber, path);
  }
  return named;
}
