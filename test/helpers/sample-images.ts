import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { runProcess } from '../../builder/host/process.ts';

/** A container image of a test. */
export interface SampleImage {
  /** As an archive names it; none for an image that has no name. */
  readonly names: readonly string[];
  /** Text of each layer's only file, or its files. */
  readonly layers: readonly (string | readonly TarFile[])[];
  /** How it is run: environment, entrypoint, user; default nothing. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Default arm64. */
  readonly architecture?: string;
  /** Its layers are compressed, and its parts called, as `docker push` does it. */
  readonly isDockers?: boolean;
}

/** Its parts in OCI's words. */
export interface OciParts {
  readonly manifest: Buffer;
  readonly config: Buffer;
  readonly layers: readonly Buffer[];
}

/** A file of a tar; a link has a target instead of content. */
export interface TarFile {
  readonly name: string;
  readonly content?: string | Buffer;
  readonly linkTo?: string;
  /** Default 0o644. */
  readonly mode?: number;
}

/** 64 hex digits. */
export function sha256(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The layers, configuration and manifest of an image. */
export async function ociParts(image: SampleImage): Promise<OciParts> {
  const unpacked = await Promise.all(
    image.layers.map((layer) =>
      tarOf(typeof layer === 'string' ? [{ name: 'file', content: layer }] : layer),
    ),
  );
  const layers = image.isDockers ? unpacked.map((layer) => gzipSync(layer)) : unpacked;
  const config = Buffer.from(
    JSON.stringify({
      architecture: image.architecture ?? 'arm64',
      os: 'linux',
      config: image.config ?? {},
      rootfs: { type: 'layers', diff_ids: unpacked.map((layer) => `sha256:${sha256(layer)}`) },
    }),
  );
  const types = image.isDockers ? dockerTypes : ociTypes;
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: descriptor(types.config, config),
    layers: layers.map((layer) => descriptor(types.layer, layer)),
  });
  return { manifest: Buffer.from(manifest), config, layers };
}

/** What parts of an image are called. */
export const ociTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const;

export const dockerTypes = {
  index: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const;

/** What points at some bytes. */
export function descriptor(mediaType: string, bytes: Buffer) {
  return { mediaType, digest: `sha256:${sha256(bytes)}`, size: bytes.length };
}

/** Files of an archive as `docker save` of old writes it: links stand for layers that two images share. */
export async function dockerFiles(images: readonly SampleImage[]): Promise<TarFile[]> {
  const files: TarFile[] = [];
  const list: object[] = [];
  const known = new Map<string, string>();
  for (const [at, image] of images.entries()) {
    const { config, layers } = await ociParts(image);
    const paths = layers.map((_, layer) => `image${at}layer${layer}/layer.tar`);
    for (const [layer, content] of layers.entries()) {
      const name = paths[layer] ?? '';
      const same = known.get(sha256(content));
      files.push(same === undefined ? { name, content } : { name, linkTo: `../${same}` });
      if (same === undefined) known.set(sha256(content), name);
    }
    files.push({ name: `${sha256(config)}.json`, content: config });
    list.push({ Config: `${sha256(config)}.json`, RepoTags: image.names, Layers: paths });
  }
  return [...files, { name: 'manifest.json', content: JSON.stringify(list) }];
}

/** Files of an archive in OCI's layout. `annotation` is where the names stand. */
export async function ociFiles(
  images: readonly SampleImage[],
  annotation = 'io.containerd.image.name',
): Promise<TarFile[]> {
  const blobs = new Map<string, Buffer>();
  const manifests: object[] = [];
  for (const image of images) {
    const { manifest, config, layers } = await ociParts(image);
    for (const bytes of [manifest, config, ...layers]) blobs.set(sha256(bytes), bytes);
    const named = image.names.map((name) => ({ annotations: { [annotation]: name } }));
    for (const extra of named.length === 0 ? [{}] : named) {
      manifests.push({ ...descriptor(ociTypes.manifest, manifest), ...extra });
    }
  }
  return [
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    { name: 'index.json', content: JSON.stringify({ schemaVersion: 2, manifests }) },
    ...[...blobs].map(([hex, content]) => ({ name: `blobs/sha256/${hex}`, content })),
  ];
}

/** A tar of these files. */
export async function tarOf(files: readonly TarFile[]): Promise<Buffer> {
  const tar = pack();
  const mtime = new Date(1_700_000_000_000);
  for (const { name, content, linkTo, mode } of files) {
    const kept = { name, mtime, ...(mode === undefined ? {} : { mode }) };
    if (linkTo === undefined) tar.entry(kept, content ?? '');
    else tar.entry({ name, mtime, type: 'symlink', linkname: linkTo });
  }
  tar.finalize();
  return await buffer(tar);
}

/** Packs a file with the host's zstd to `FILE.zst`, and returns that path. */
export async function zstdOf(file: string, options: readonly string[] = []): Promise<string> {
  if (!existsSync('/usr/bin/zstd')) throw new Error('zstd is missing. On Debian: sudo apt-get install zstd');
  const target = `${file}.zst`;
  // From standard input, so that the size stands not in the header and the window has to.
  const script = 'zstd -q -f -c "$@" <"$0" >"$0.zst"';
  const { exitCode, stderr } = await runProcess(['sh', '-c', script, file, ...options]);
  if (exitCode !== 0) throw new Error(stderr);
  return target;
}

/** Writes a tar into a folder under a name that has its digest: `FOLDER/images-HEX.tar`. */
export async function writeArchive(folder: string, files: readonly TarFile[]): Promise<string> {
  const bytes = await tarOf(files);
  const path = `${folder}/images-${sha256(bytes).slice(0, 12)}.tar`;
  await writeFile(path, bytes);
  return path;
}
