import { type FileHandle, open } from 'node:fs/promises';
import type { ToolsTree } from '../host/tools-tree.ts';
import { hashFile } from '../text/digest.ts';
import { compareListings, type FileDifference, type Listing } from './compare-entries.ts';
import { openExt4 } from './compare-ext4.ts';
import { listExt4 } from './compare-ext4-tree.ts';
import { listFat } from './compare-fat.ts';
import { type ByteRange, differingRanges } from './compare-ranges.ts';
import { ext4Regions, fatRegions, type NamedRange, nameRanges } from './compare-regions.ts';
import { fat32Type, linuxType, type PartitionTable, readPartitionTable } from './partition-table.ts';

export interface CompareOptions {
  readonly tools: ToolsTree;
  readonly a: string;
  readonly b: string;
  /** An empty folder for copies of files. */
  readonly scratchDir: string;
  readonly onPhase?: (phase: string) => void;
}

export interface ImageComparison {
  /** Of the image A. */
  readonly sha256: string;
  readonly isIdentical: boolean;
  /** The partition tables in words, if they differ. */
  readonly tables: { readonly a: string; readonly b: string } | undefined;
  /** Paths of the boot partition begin with `/boot/firmware`, where the device sees it. */
  readonly files: readonly FileDifference[];
  /** Given if the bytes differ but no file does. */
  readonly regions: readonly NamedRange[];
}

const bootFolder = '/boot/firmware';

/** Compares two images byte for byte; if they differ, says which files differ and how. Nothing is mounted. */
export async function compareImages(options: CompareOptions): Promise<ImageComparison> {
  options.onPhase?.('checksums');
  const [sha256, other] = await Promise.all([hashFile(options.a), hashFile(options.b)]);
  if (sha256 === other) return { sha256, isIdentical: true, tables: undefined, files: [], regions: [] };
  await using a = await openImage(options.a);
  await using b = await openImage(options.b);
  const [left, right] = [describeTable(a.table), describeTable(b.table)];
  const tables = left === right ? undefined : { a: left, b: right };
  options.onPhase?.('where the bytes differ');
  const ranges = await differingRanges(a.file, b.file);
  const files: FileDifference[] = [];
  if (tables || touches(ranges, a.table, fat32Type)) {
    options.onPhase?.('files of the boot partition');
    files.push(...(await compareBoot(options, a, b)));
  }
  if (tables || touches(ranges, a.table, linuxType)) {
    options.onPhase?.('files of the root partition');
    files.push(...compareListings(rootOf(a), rootOf(b)));
  }
  const isUnexplained = files.length === 0 && !tables;
  const regions = isUnexplained ? await regionsOf(a, ranges) : [];
  return { sha256, isIdentical: false, tables, files, regions };
}

interface OpenImage extends AsyncDisposable {
  readonly file: FileHandle;
  readonly table: PartitionTable;
}

async function openImage(path: string): Promise<OpenImage> {
  const table = await readPartitionTable(path);
  const file = await open(path, 'r');
  return { file, table, [Symbol.asyncDispose]: async () => await file.close() };
}

function describeTable(table: PartitionTable): string {
  const parts = table.partitions.map(
    ({ number, type, startBytes, sizeBytes }) =>
      `${number}: type ${type.toString(16)}, ${sizeBytes} bytes at ${startBytes}`,
  );
  return [`disk id ${table.diskId}`, ...parts].join('; ');
}

function partitionOf(table: PartitionTable, type: number) {
  return table.partitions.find((partition) => partition.type === type);
}

function touches(ranges: readonly ByteRange[], table: PartitionTable, type: number): boolean {
  const partition = partitionOf(table, type);
  if (!partition) return false;
  const end = partition.startBytes + partition.sizeBytes;
  return ranges.some((range) => range.startBytes < end && range.endBytes > partition.startBytes);
}

async function compareBoot(options: CompareOptions, a: OpenImage, b: OpenImage): Promise<FileDifference[]> {
  const list = async (image: string, { table }: OpenImage, name: string): Promise<Listing> => {
    const partition = partitionOf(table, fat32Type);
    if (!partition) return new Map();
    const folder = `${options.scratchDir}/boot-${name}`;
    return await listFat(options.tools, { image, startBytes: partition.startBytes, folder });
  };
  const listings = [await list(options.a, a, 'a'), await list(options.b, b, 'b')] as const;
  return compareListings(...listings).map((difference) => ({
    ...difference,
    path: `${bootFolder}${difference.path}`,
  }));
}

function rootOf({ file, table }: OpenImage): Listing {
  const partition = partitionOf(table, linuxType);
  return partition ? listExt4(openExt4(file.fd, partition.startBytes)) : new Map();
}

async function regionsOf({ file, table }: OpenImage, ranges: readonly ByteRange[]): Promise<NamedRange[]> {
  const root = partitionOf(table, linuxType);
  const boot = partitionOf(table, fat32Type);
  const regions: NamedRange[] = [{ name: 'boot sector of the disk', startBytes: 0, endBytes: 512 }];
  if (boot) {
    const sector = Buffer.alloc(512);
    await file.read(sector, 0, sector.length, boot.startBytes);
    const range = { startBytes: boot.startBytes, endBytes: boot.startBytes + boot.sizeBytes };
    regions.push(...fatRegions(sector, range));
  }
  if (root) {
    const disk = openExt4(file.fd, root.startBytes);
    regions.push(...ext4Regions(disk, listExt4(disk), root.startBytes));
  }
  return nameRanges(
    ranges,
    regions.sort((x, y) => x.startBytes - y.startBytes),
  );
}
