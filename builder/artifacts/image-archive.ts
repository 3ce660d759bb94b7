import { posix } from 'node:path';
import { HearthError } from '../errors/hearth-error.ts';
import { messageOf } from '../errors/message-of.ts';
import { type ArchiveFiles, readArchiveFiles, resolvePath } from './archive-files.ts';
import {
  configSchema,
  type Descriptor,
  dockerManifestSchema,
  type ImageIndex,
  indexSchema,
  isArm64,
  manifestSchema,
  parseJson,
} from './image-json.ts';
import type { ZstdOptions } from './zstd.ts';

/** A manifest, configuration or layer that an image of an archive names. */
export interface ArchiveBlob {
  /** Path of the file in the archive, links followed; undefined if it is not in it. */
  readonly path: string | undefined;
  /** What it should be: `sha256:HEX`. */
  readonly digest: string;
  /** What it is; undefined if it is not in the archive. */
  readonly actualDigest: string | undefined;
  readonly sizeBytes: number | undefined;
  /** As its descriptor says; undefined in an archive in Docker's format. */
  readonly mediaType: string | undefined;
}

/** One image of an archive, for one architecture. */
export interface ArchiveImage {
  /** Its names, as they are written. */
  readonly names: readonly string[];
  /** undefined in an archive in Docker's format, which has none. */
  readonly manifest: ArchiveBlob | undefined;
  /** undefined if there is no manifest that names one. */
  readonly config: ArchiveBlob | undefined;
  readonly layers: readonly ArchiveBlob[];
  /** `linux/arm64`, as its configuration says. */
  readonly platform: string | undefined;
}

/** What is in an archive of container images. */
export interface ImageArchive {
  readonly format: 'docker-archive' | 'oci-archive';
  readonly images: readonly ArchiveImage[];
  /** Paths below blobs/ that belong to no image. */
  readonly unusedBlobs: readonly string[];
}

/**
 * Reads an archive of `docker save` or in OCI's layout; plain, gzip or zstd. One that has both lists is
 * read as containerd does: OCI's list counts. Throws ERR_DOWNLOAD for a file that is no such archive or is damaged.
 */
export async function readImageArchive(file: string, options: ZstdOptions = {}): Promise<ImageArchive> {
  const content = await readArchiveFiles(file, options).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    throw notAnArchive(
      file,
      error instanceof HearthError ? (error.details ?? error.message) : messageOf(error),
    );
  });
  const index = parseJson(indexSchema, textAt(content, 'index.json'));
  if (index && content.files.has('oci-layout')) return readOci(content, index);
  const list = parseJson(dockerManifestSchema, textAt(content, 'manifest.json'));
  if (!list) throw notAnArchive(file, 'It has neither an index.json with oci-layout nor a manifest.json.');
  const images = list.map((entry) => readDockerImage(content, entry));
  return { format: 'docker-archive', images, unusedBlobs: unusedBlobs(content, images, []) };
}

function readOci(content: ArchiveFiles, index: ImageIndex): ImageArchive {
  const indexPaths: string[] = [];
  const byDigest = new Map<string, ArchiveImage>();
  for (const descriptor of index.manifests) {
    const image = readOciImage(content, descriptor, indexPaths);
    const key = image.manifest?.digest ?? '';
    const known = byDigest.get(key);
    byDigest.set(key, known ? { ...known, names: [...known.names, ...image.names] } : image);
  }
  const images = [...byDigest.values()];
  return { format: 'oci-archive', images, unusedBlobs: unusedBlobs(content, images, indexPaths) };
}

/** `indexPaths` gets the path of each index on the way from the list to the image. */
function readOciImage(content: ArchiveFiles, top: Descriptor, indexPaths: string[]): ArchiveImage {
  const names = nameIn(top.annotations);
  let descriptor = top;
  let blob = ociBlob(content, descriptor);
  let nested = parseJson(indexSchema, blob.path && textAt(content, blob.path));
  // An index in an index is allowed, but nobody has more than one.
  for (let depth = 0; nested && depth < 4; depth++) {
    if (blob.path) indexPaths.push(blob.path);
    const child = nested.manifests.find(isArm64) ?? nested.manifests[0];
    if (!child) break;
    descriptor = child;
    blob = ociBlob(content, descriptor);
    nested = parseJson(indexSchema, blob.path && textAt(content, blob.path));
  }
  const manifest = parseJson(manifestSchema, blob.path && textAt(content, blob.path));
  if (!manifest) return { names, manifest: blob, config: undefined, layers: [], platform: undefined };
  const config = ociBlob(content, manifest.config);
  const layers = manifest.layers.map((layer) => ociBlob(content, layer));
  return { names, manifest: blob, config, layers, platform: platformOf(content, config) };
}

/** containerd's own annotation counts, else OCI's. */
function nameIn(annotations: Descriptor['annotations']): readonly string[] {
  const name =
    annotations?.['io.containerd.image.name'] || annotations?.['org.opencontainers.image.ref.name'];
  return name ? [name] : [];
}

function ociBlob(content: ArchiveFiles, { digest, mediaType }: Descriptor): ArchiveBlob {
  return { ...blobAt(content, `blobs/${digest.replace(':', '/')}`, digest), mediaType };
}

function readDockerImage(
  content: ArchiveFiles,
  entry: { readonly Config: string; readonly RepoTags: string[]; readonly Layers: string[] },
): ArchiveImage {
  const config = blobAt(content, entry.Config, digestInName(entry.Config));
  const layerDigests =
    parseJson(configSchema, config.path && textAt(content, config.path))?.rootfs.diff_ids ?? [];
  const count = Math.max(layerDigests.length, entry.Layers.length);
  const layers = Array.from({ length: count }, (_, at) =>
    blobAt(content, entry.Layers[at], layerDigests[at]),
  );
  return {
    names: entry.RepoTags,
    manifest: undefined,
    config,
    layers,
    platform: platformOf(content, config),
  };
}

function blobAt(content: ArchiveFiles, name: string | undefined, digest: string | undefined): ArchiveBlob {
  const path = name === undefined ? undefined : resolvePath(content, name);
  const found = path === undefined ? undefined : content.files.get(path);
  return {
    path,
    digest: digest ?? `a digest for ${name}`,
    actualDigest: found?.digest,
    sizeBytes: found?.sizeBytes,
    mediaType: undefined,
  };
}

/** `HEX.json` and `blobs/sha256/HEX` tell what should be in them. */
function digestInName(path: string): string | undefined {
  const hex = /^[0-9a-f]{64}$/.exec(posix.basename(path, '.json'))?.[0];
  return hex === undefined ? undefined : `sha256:${hex}`;
}

function platformOf(content: ArchiveFiles, config: ArchiveBlob): string | undefined {
  const found = parseJson(configSchema, config.path && textAt(content, config.path));
  return found && `${found.os}/${found.architecture}`;
}

function textAt(content: ArchiveFiles, path: string): string | undefined {
  return content.files.get(path)?.text;
}

function unusedBlobs(
  { files }: ArchiveFiles,
  images: readonly ArchiveImage[],
  indexPaths: readonly string[],
): readonly string[] {
  const used = new Set<string | undefined>(indexPaths);
  for (const { manifest, config, layers } of images) {
    for (const blob of [manifest, config, ...layers]) used.add(blob?.path);
  }
  return [...files.keys()].filter((path) => path.startsWith('blobs/') && !used.has(path)).sort();
}

function notAnArchive(file: string, why: string): HearthError {
  return new HearthError('ERR_DOWNLOAD', {
    what: `${file} is not a whole archive of container images.`,
    why,
    todo: 'Remove the file and run the same command again: it is fetched anew.',
    state: 'Nothing was made of it.',
  });
}
