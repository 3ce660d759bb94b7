import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { HearthError } from '../errors/hearth-error.ts';
import { diskFullError } from '../host/disk-full.ts';
import { removeTree, temporaryName } from '../host/workspace.ts';
import { hashFile } from '../text/digest.ts';
import { joinWords } from '../text/list.ts';
import { forEachEntry } from './archive-files.ts';
import { type ArchiveBlob, type ArchiveImage, readImageArchive } from './image-archive.ts';
import { fullImageName, parseImageReference, repositoryOf } from './image-reference.ts';
import { digestOfBytes, type PackedImage, writeOciArchive } from './oci-archive.ts';
import type { ZstdOptions } from './zstd.ts';

export interface RepackOptions extends ZstdOptions {
  /** Last parts of the names to keep, without tag: `mirrored-pause` keeps `docker.io/rancher/mirrored-pause:3.10.2`. */
  readonly keep: readonly string[];
}

/**
 * Writes the wanted images of an archive for linux/arm64 (both formats; plain, gzip or zstd) to `target`, a
 * `.tar.zst` with the first 12 or more hex digits of the source's sha256 in its name: importable by k3s, each layer
 * once, same input same bytes. Throws ERR_STAGE_INVALID if a wanted image is not in it, ERR_DOWNLOAD if it
 * is damaged.
 */
export async function repackImages(source: string, target: string, options: RepackOptions): Promise<void> {
  const { images } = await readImageArchive(source, options);
  const wanted = selectImages(source, images, options.keep);
  for (const { image } of wanted) requireWhole(source, image);
  await mkdir(dirname(target), { recursive: true });
  const folder = temporaryName(target);
  try {
    await mkdir(folder);
    const blobs = await unpackBlobs(source, folder, wanted, options);
    const packed = wanted.map(({ image, names }) => ({ names, manifest: manifestOf(image, blobs) }));
    const digests = [await hashFile(source)];
    await writeOciArchive(target, { images: packed, blobs }, { ...options, digests });
  } catch (error) {
    throw (await diskFullError(error, dirname(target))) ?? error;
  } finally {
    await removeTree(folder);
  }
}

interface WantedImage {
  readonly image: ArchiveImage;
  /** Its full names that were asked for. */
  readonly names: readonly string[];
}

function selectImages(
  source: string,
  images: readonly ArchiveImage[],
  keep: readonly string[],
): readonly WantedImage[] {
  const known = images.flatMap((image) => image.names.map(fullImageName));
  const missing = keep.filter((ending) => !known.some((name) => isNamed(name, ending)));
  if (missing.length > 0 || keep.length === 0) throw notInArchive(source, missing, known);
  return images
    .map((image) => ({
      image,
      names: image.names.map(fullImageName).filter((name) => keep.some((ending) => isNamed(name, ending))),
    }))
    .filter(({ names }) => names.length > 0);
}

/** Whole parts of the path count: `pause` is not the end of `mirrored-pause`. */
function isNamed(name: string, ending: string): boolean {
  const reference = parseImageReference(name);
  return reference !== undefined && `/${repositoryOf(reference)}`.endsWith(`/${ending}`);
}

function requireWhole(source: string, { names, manifest, config, layers }: ArchiveImage): void {
  const blobs = [...(manifest ? [manifest] : []), ...(config ? [config] : []), ...layers];
  const bad = blobs.find(({ digest, actualDigest }) => digest !== actualDigest);
  if (config && !bad) return;
  throw new HearthError('ERR_DOWNLOAD', {
    what: `The image ${names[0]} in ${source} is damaged.`,
    why: bad
      ? `A part of it should be ${bad.digest}, but is ${bad.actualDigest ?? 'missing'}.`
      : 'It has no configuration.',
    todo: 'Remove the file and run the same command again: it is fetched anew.',
    state: 'Nothing was made of it.',
  });
}

/** Writes each blob of the wanted images to a file of the folder. */
async function unpackBlobs(
  source: string,
  folder: string,
  wanted: readonly WantedImage[],
  options: ZstdOptions,
): Promise<Map<string, string | Buffer>> {
  const digestByPath = new Map<string | undefined, string>();
  for (const { image } of wanted) {
    for (const blob of [image.manifest, image.config, ...image.layers]) {
      if (blob) digestByPath.set(blob.path, blob.digest);
    }
  }
  const blobs = new Map<string, string | Buffer>();
  await forEachEntry(source, options, async (path, entry) => {
    const digest = digestByPath.get(path);
    // Two copies under two paths are one blob.
    if (digest === undefined || blobs.has(digest) || entry.header.type !== 'file') return;
    const file = `${folder}/${digest.slice('sha256:'.length)}`;
    await pipeline(entry, createWriteStream(file));
    blobs.set(digest, file);
  });
  return blobs;
}

/** The image's own manifest; one is made for an image that came in Docker's format. */
function manifestOf(image: ArchiveImage, blobs: Map<string, string | Buffer>): PackedImage['manifest'] {
  const { manifest } = image;
  if (manifest) return { ...described(manifest, ociManifest) };
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: ociManifest,
    config: image.config && described(image.config, 'application/vnd.oci.image.config.v1+json'),
    layers: image.layers.map((layer) => described(layer, 'application/vnd.oci.image.layer.v1.tar')),
  });
  const digest = digestOfBytes(text);
  blobs.set(digest, Buffer.from(text));
  return { mediaType: ociManifest, digest, size: Buffer.byteLength(text) };
}

const ociManifest = 'application/vnd.oci.image.manifest.v1+json';

function described({ mediaType, digest, sizeBytes }: ArchiveBlob, otherwise: string) {
  return { mediaType: mediaType ?? otherwise, digest, size: sizeBytes ?? 0 };
}

function notInArchive(source: string, missing: readonly string[], known: readonly string[]): HearthError {
  return new HearthError('ERR_STAGE_INVALID', {
    what:
      missing.length === 0
        ? `No image of ${source} is to be kept.`
        : `${source} has no image whose name ends with ${joinWords(missing)}.`,
    why:
      known.length === 0
        ? 'There is no image with a name in it.'
        : 'These are in it; the last part of a name counts, without its tag.',
    ...(known.length === 0 ? {} : { details: [...known].sort().join('\n') }),
    todo: 'Name the images to keep as the archive names them: `keepImages` in the stage.ts of the stage.',
    state: 'Nothing was written.',
  });
}
