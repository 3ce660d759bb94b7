import { createHash } from 'node:crypto';

/** Ids that other systems make at random. Ours come from the image's name, so the same source gives the same bytes. */
export interface ImageSeeds {
  /** MBR disk id, 8 hex digits, as in PARTUUID=xxxxxxxx-02. */
  readonly diskId: string;
  /** FAT volume id, 8 hex digits. */
  readonly fatVolumeId: string;
  /** UUID of the ext4 file system. */
  readonly ext4Uuid: string;
  /** UUID that ext4 mixes into the order of its folders. */
  readonly ext4HashSeed: string;
}

/** The ids of an image with this name. */
export function seedsFor(imageName: string): ImageSeeds {
  return {
    diskId: diskIdFor(imageName),
    fatVolumeId: shortId('hearth fat volume id', imageName),
    ext4Uuid: uuid('hearth ext4 uuid', imageName),
    ext4HashSeed: uuid('hearth ext4 hash seed', imageName),
  };
}

/** The MBR disk id of an image with this name. Stages know it as HEARTH_DISK_ID. */
export function diskIdFor(imageName: string): string {
  return shortId('hearth disk id', imageName);
}

/** Zero means "no id" to partition tools. */
function shortId(purpose: string, imageName: string): string {
  const id = digest(purpose, imageName).subarray(0, 4).toString('hex');
  return id === '00000000' ? '00000001' : id;
}

/** RFC 9562, version 8: the bits are ours, but for version and variant. */
function uuid(purpose: string, imageName: string): string {
  const bytes = digest(purpose, imageName).subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function digest(purpose: string, imageName: string): Buffer {
  return createHash('sha256').update(`${purpose}\n${imageName}`).digest();
}
