import { open } from 'node:fs/promises';
import { HearthError } from '../errors/hearth-error.ts';

export const sectorBytes = 512;

/** MBR partition types: FAT32 with LBA addressing, Linux. */
export const fat32Type = 0x0c;
export const linuxType = 0x83;

export interface Partition {
  /** From 1, as in PARTUUID's suffix. */
  readonly number: number;
  readonly type: number;
  readonly startBytes: number;
  readonly sizeBytes: number;
}

export interface PartitionTable {
  /** Eight lower-case hex digits; PARTUUID is this, a dash and the number in two hex digits. */
  readonly diskId: string;
  readonly partitions: readonly Partition[];
}

const tableOffset = 446;
const entryBytes = 16;

/**
 * The first sector of a disk: an MBR with up to four primary partitions. Addresses in cylinders are set to the
 * conventional "beyond reach" value; the Pi's boot ROM and Linux read sector numbers.
 */
export function encodePartitionTable(table: PartitionTable): Buffer {
  const sector = Buffer.alloc(sectorBytes);
  sector.writeUInt32LE(Number.parseInt(table.diskId, 16), 440);
  for (const partition of table.partitions) {
    const offset = tableOffset + (partition.number - 1) * entryBytes;
    sector.set([0, 0xfe, 0xff, 0xff, partition.type, 0xfe, 0xff, 0xff], offset);
    sector.writeUInt32LE(partition.startBytes / sectorBytes, offset + 8);
    sector.writeUInt32LE(partition.sizeBytes / sectorBytes, offset + 12);
  }
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

/** Reads an MBR; undefined if the sector has none. */
export function decodePartitionTable(sector: Buffer): PartitionTable | undefined {
  if (sector.length < sectorBytes || sector.readUInt16LE(510) !== 0xaa55) return undefined;
  const partitions: Partition[] = [];
  for (let number = 1; number <= 4; number++) {
    const offset = tableOffset + (number - 1) * entryBytes;
    const type = sector.readUInt8(offset + 4);
    if (type === 0) continue;
    partitions.push({
      number,
      type,
      startBytes: sector.readUInt32LE(offset + 8) * sectorBytes,
      sizeBytes: sector.readUInt32LE(offset + 12) * sectorBytes,
    });
  }
  return { diskId: sector.readUInt32LE(440).toString(16).padStart(8, '0'), partitions };
}

/** Reads the partition table of an image file. Throws ERR_IMAGE_INVALID if it is missing or has none. */
export async function readPartitionTable(path: string): Promise<PartitionTable> {
  const sector = Buffer.alloc(sectorBytes);
  try {
    const file = await open(path, 'r');
    try {
      await file.read(sector, 0, sectorBytes, 0);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new HearthError('ERR_IMAGE_INVALID', {
      what: `${path} can not be read.`,
      why: (cause as Error).message,
      todo: 'Name an image that `scripts/build` made, for example dist/hearth.img.',
      cause,
    });
  }
  const table = decodePartitionTable(sector);
  if (!table || table.partitions.length === 0) {
    throw new HearthError('ERR_IMAGE_INVALID', {
      what: `${path} is not a disk image.`,
      why: 'Its first sector has no partition table.',
      todo: 'A compressed image must be unpacked first: xz -d NAME.img.xz',
    });
  }
  return table;
}
