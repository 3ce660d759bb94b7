import { constants, createReadStream, promises, rmSync, statSync } from 'node:fs';
import { promises as streams } from 'node:stream';
import { pack as newPack, type Pack } from 'tar-stream';
import { writeDurably } from '../files/durable-file.ts';
import type { DeviceContainerImage } from './device-artifact.ts';
import type { ImageManifest } from './image-manifest.ts';
import { install } from './install.ts';
import { draftOf, noteOf } from './made-archive.ts';

export interface ArchiveParts {
  readonly image: DeviceContainerImage;
  readonly manifest: ImageManifest;
  /** The file of a configuration or layer. */
  readonly fileOf: (sha256: string) => string;
  readonly syncBytes: number;
  readonly signal: AbortSignal;
  readonly onBytes: (writtenBytes: number) => void;
}

/**
 * Writes an OCI archive that k3s imports. After a power cut there is the whole one or none; while it is written it has an
 * ending that k3s passes over.
 */
export async function writeArchive(target: string, parts: ArchiveParts): Promise<void> {
  const draft = draftOf(target);
  rmSync(draft, { force: true });
  try {
    await writeDraft(draft, parts);
    parts.signal.throwIfAborted();
    // First: without the archive the note says nothing.
    writeDurably(noteOf(target), `${statSync(draft).size}\n`, 0o644);
    await install(draft, target, parts.image.mode);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** How large the archive becomes: each entry has a head, and fills up its last block. */
export function archiveBytes(image: DeviceContainerImage, manifest: ImageManifest): number {
  const sizes = [
    layout.length,
    indexOf(image, manifest).length,
    manifest.text.length,
    ...manifest.blobs.map(({ sizeBytes }) => sizeBytes),
  ];
  const end = 2 * blockBytes;
  return sizes.reduce((sum, size) => sum + blockBytes + Math.ceil(size / blockBytes) * blockBytes, end);
}

const blockBytes = 512;
const layout = '{"imageLayoutVersion":"1.0.0"}';

async function writeDraft(draft: string, parts: ArchiveParts): Promise<void> {
  const { image, syncBytes, signal, onBytes } = parts;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await promises.open(draft, flags, 0o600);
  try {
    let written = 0;
    let synced = 0;
    for await (const chunk of tarOf(parts)) {
      signal.throwIfAborted();
      await handle.writeFile(chunk as Buffer);
      written += (chunk as Buffer).length;
      onBytes(written);
      if (written - synced < syncBytes) continue;
      // Else all of it would go to the card at the end, and nobody could tell how far that is.
      await handle.datasync();
      synced = written;
    }
    await handle.chmod(image.mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function tarOf(parts: ArchiveParts): Pack {
  const tar = newPack();
  fill(tar, parts).catch((error: unknown) => tar.destroy(error as Error));
  return tar;
}

/** The same bytes each time: no times, and parts in the order of their digests. */
async function fill(tar: Pack, { image, manifest, fileOf }: ArchiveParts): Promise<void> {
  const mtime = new Date(0);
  tar.entry({ name: 'oci-layout', mtime }, layout);
  tar.entry({ name: 'index.json', mtime }, indexOf(image, manifest));
  tar.entry({ name: `blobs/sha256/${manifest.sha256}`, mtime }, manifest.text);
  for (const { sha256, sizeBytes } of manifest.blobs) {
    const entry = tar.entry({ name: `blobs/sha256/${sha256}`, mtime, size: sizeBytes });
    await streams.pipeline(createReadStream(fileOf(sha256), { highWaterMark: 512 * 1024 }), entry);
  }
  tar.finalize();
}

/** The full name stands in both annotations: containerd reads its own, other programs OCI's. */
function indexOf({ reference }: DeviceContainerImage, { mediaType, sha256, text }: ImageManifest): string {
  const descriptor = {
    mediaType,
    digest: `sha256:${sha256}`,
    size: text.length,
    annotations: { 'io.containerd.image.name': reference, 'org.opencontainers.image.ref.name': reference },
    platform: { architecture: 'arm64', os: 'linux' },
  };
  const index = 'application/vnd.oci.image.index.v1+json';
  return JSON.stringify({ schemaVersion: 2, mediaType: index, manifests: [descriptor] });
}
