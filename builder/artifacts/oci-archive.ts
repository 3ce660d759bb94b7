import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { type Pack, pack } from 'tar-stream';
import { diskFullError } from '../host/disk-full.ts';
import { publish, temporaryName } from '../host/workspace.ts';
import { type CheckOptions, requireImportable } from './check-archive.ts';
import type { Descriptor } from './image-json.ts';
import { addFile, fileHeader } from './tar-file.ts';
import { compressTo } from './zstd.ts';

/** An image to be written to an archive. */
export interface PackedImage {
  /** Full names: registry, repository and tag. */
  readonly names: readonly string[];
  /** Of its manifest. */
  readonly manifest: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>;
}

export interface OciArchive {
  readonly images: readonly PackedImage[];
  /** Every manifest, configuration and layer by `sha256:HEX`: a file on disk, or the bytes. A blob is stored once. */
  readonly blobs: ReadonlyMap<string, string | Buffer>;
}

/**
 * Writes images for linux/arm64 as one OCI archive, `file` (`.tar.zst`), in a form that k3s imports. Equal images give
 * equal bytes: sorted names, no times, no owners. A digest must stand in the name, see {@link CheckOptions}. The file is there whole and checked, or not at all.
 */
export async function writeOciArchive(
  file: string,
  archive: OciArchive,
  options: CheckOptions,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = temporaryName(file);
  try {
    await compressTo(packArchive(archive), draft, options);
    await requireImportable(draft, { ...options, name: file });
    await publish(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw (await diskFullError(error, dirname(file))) ?? error;
  }
}

/** `sha256:HEX` of bytes. */
export function digestOfBytes(bytes: string | Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function packArchive(archive: OciArchive): Readable {
  const tar = pack();
  void addAll(tar, archive).then(
    () => tar.finalize(),
    (error: Error) => tar.destroy(error),
  );
  return Readable.from(tar);
}

async function addAll(tar: Pack, { images, blobs }: OciArchive): Promise<void> {
  tar.entry(header('oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  tar.entry(header('index.json'), indexOf(images));
  for (const [digest, content] of [...blobs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const path = `blobs/${digest.replace(':', '/')}`;
    if (Buffer.isBuffer(content)) tar.entry(header(path), content);
    else await addFile(tar, header(path), content);
  }
}

function header(name: string) {
  return fileHeader(name, 0o644, new Date(0));
}

/** The full name stands in both annotations: containerd reads its own, other programs OCI's. */
function indexOf(images: readonly PackedImage[]): string {
  const manifests = images
    .flatMap(({ names, manifest }) => names.map((name) => ({ name, manifest })))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, manifest: { mediaType, digest, size } }) => ({
      mediaType,
      digest,
      size,
      annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
      platform: { architecture: 'arm64', os: 'linux' },
    }));
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests,
  });
}
