import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HearthError } from '../errors/hearth-error.ts';
import { diskFullError } from '../host/disk-full.ts';
import { exists } from '../host/exists.ts';
import type { ToolsTree } from '../host/tools-tree.ts';
import { removeTree, sweepLeftovers, temporaryName } from '../host/workspace.ts';
import { hashFile } from '../text/digest.ts';
import type { ContainerImageArtifact } from './artifact.ts';
import { type CheckOptions, examineImageArchive } from './check-archive.ts';
import { type Descriptor, indexSchema, isArm64, manifestSchema, parseJson } from './image-json.ts';
import { type ImageReference, parseImageReference } from './image-reference.ts';
import { digestOfBytes, writeOciArchive } from './oci-archive.ts';
import { copyFromRegistry, type RegistryOptions, readFromRegistry } from './skopeo.ts';
import { artifactFolder } from './store.ts';
import type { ZstdOptions } from './zstd.ts';

export interface ContainerImageOptions extends Omit<RegistryOptions, 'tools'> {
  readonly cacheDir: string;
  readonly tools: Pick<ToolsTree, 'path'>;
  /** It is not in the cache and is copied now. */
  readonly onCopy?: () => void;
}

/** What lies in the cache in the place of an image. */
export type ImageState =
  | { readonly kind: 'whole' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'damaged'; readonly reason: string };

/** Where the archive of an image is, or will be: `CACHE/artifacts/images/HEX.tar.zst`, by the digest for arm64. */
export function storedContainerImage(
  cacheDir: string,
  { arm64Digest }: Pick<ContainerImageArtifact, 'arm64Digest'>,
): string {
  return `${artifactFolder(cacheDir)}/images/${arm64Digest.replace('sha256:', '')}.tar.zst`;
}

/** Looks at the archive in the cache. Reads all of it: `zstd` is run, by default that of the host. */
export async function stateOfImage(
  artifact: ContainerImageArtifact,
  options: ZstdOptions & { readonly cacheDir: string },
): Promise<ImageState> {
  const file = storedContainerImage(options.cacheDir, artifact);
  if (!(await exists(file))) return { kind: 'missing' };
  const [problem] = await imageProblems(file, artifact, options);
  return problem === undefined ? { kind: 'whole' } : { kind: 'damaged', reason: problem };
}

/** What keeps an archive from being whole, importable by k3s, and of this image under its full name. */
export async function imageProblems(
  file: string,
  { reference, arm64Digest }: Pick<ContainerImageArtifact, 'reference' | 'arm64Digest'>,
  options: CheckOptions = {},
): Promise<readonly string[]> {
  const { problems, archive } = await examineImageArchive(file, options);
  if (problems.length > 0) return problems;
  const isIn = archive?.images.some(
    ({ names, manifest }) => names.includes(reference) && manifest?.digest === arm64Digest,
  );
  return isIn ? [] : [`${reference} (${arm64Digest}) is not in it.`];
}

/**
 * The archive of an image for linux/arm64, copied from its registry by digest if it is not in the cache yet. The same
 * artifact gives the same bytes. Throws ERR_DOWNLOAD if the registry does not give it, if the index does not name the
 * image for linux/arm64, or if something has another digest; nothing of it is kept then.
 */
export async function provideContainerImage(
  artifact: ContainerImageArtifact,
  options: ContainerImageOptions,
): Promise<string> {
  const file = storedContainerImage(options.cacheDir, artifact);
  if ((await stateOfImage(artifact, options)).kind === 'whole') return file;
  options.onCopy?.();
  const reference = parseImageReference(artifact.reference);
  if (!reference)
    throw refused(artifact, `"${artifact.reference}" is no full name: registry, repository and tag.`);
  await checkIndex(artifact, reference, options);
  await sweepLeftovers(dirname(file));
  const folder = temporaryName(file);
  try {
    await mkdir(folder, { recursive: true });
    await copyFromRegistry(reference, artifact.arm64Digest, { ...options, folder });
    const { manifest, blobs } = await readCopy(artifact, folder);
    await writeOciArchive(file, { images: [{ names: [artifact.reference], manifest }], blobs }, options);
  } catch (error) {
    throw (await diskFullError(error, options.cacheDir)) ?? error;
  } finally {
    await removeTree(folder);
  }
  return file;
}

/** The pinned digest must be that of an index, and the index must name the pinned image for linux/arm64. */
async function checkIndex(
  artifact: ContainerImageArtifact,
  reference: ImageReference,
  options: RegistryOptions,
): Promise<void> {
  const { indexDigest, arm64Digest } = artifact;
  const text = await readFromRegistry(reference, indexDigest, options);
  const actual = digestOfBytes(text);
  if (actual !== indexDigest)
    throw refused(artifact, `Its index should be ${indexDigest}, but is ${actual}.`);
  const index = parseJson(indexSchema, text);
  if (!index) {
    throw refused(
      artifact,
      `${indexDigest} is the image of one architecture, not the index that names all of them.`,
    );
  }
  const child = index.manifests.find(({ digest }) => digest === arm64Digest);
  if (child && isArm64(child)) return;
  const listed = index.manifests.map((each) => `${platformText(each)}: ${each.digest}`).join('\n');
  const why = child
    ? `${arm64Digest} is the image for ${platformText(child)}, not for linux/arm64.`
    : `Its index does not name ${arm64Digest}.`;
  throw refused(artifact, why, `The index ${indexDigest} names:\n${listed}`);
}

/** Looks at what skopeo wrote: the manifest has the pinned digest, and every blob that it names is there. */
async function readCopy(artifact: ContainerImageArtifact, folder: string) {
  const file = `${folder}/manifest.json`;
  const text = await readFile(file, 'utf8');
  const digest = digestOfBytes(text);
  if (digest !== artifact.arm64Digest) {
    throw refused(artifact, `Its manifest should be ${artifact.arm64Digest}, but is ${digest}.`);
  }
  const content = parseJson(manifestSchema, text);
  if (!content) throw refused(artifact, `${digest} is not the manifest of an image.`);
  const blobs = new Map<string, string | Buffer>([[digest, Buffer.from(text)]]);
  for (const blob of [content.config, ...content.layers]) {
    const path = `${folder}/${blob.digest.replace('sha256:', '')}`;
    const actual = `sha256:${await hashFile(path)}`;
    if (actual !== blob.digest) throw refused(artifact, `A part should be ${blob.digest}, but is ${actual}.`);
    blobs.set(blob.digest, path);
  }
  const mediaType = content.mediaType ?? 'application/vnd.oci.image.manifest.v1+json';
  return { manifest: { mediaType, digest, size: Buffer.byteLength(text) }, blobs };
}

function platformText({ platform }: Pick<Descriptor, 'platform'>): string {
  if (!platform) return 'no platform';
  return [platform.os, platform.architecture, ...(platform.variant ? [platform.variant] : [])].join('/');
}

function refused(artifact: ContainerImageArtifact, why: string, details?: string): HearthError {
  return new HearthError('ERR_DOWNLOAD', {
    what: `The container image ${artifact.reference} is not what the lock says.`,
    why,
    ...(details === undefined ? {} : { details }),
    todo: `Pin it again: scripts/hearth lock --only ${artifact.name}`,
    state: 'Nothing of it was kept.',
  });
}
