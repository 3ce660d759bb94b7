import { basename } from 'node:path';
import { HearthError } from '../errors/hearth-error.ts';
import { messageOf } from '../errors/message-of.ts';
import { hashFile } from '../text/digest.ts';
import { formatSize } from '../text/size.ts';
import { compressionOf } from './archive-files.ts';
import { type ArchiveBlob, type ArchiveImage, type ImageArchive, readImageArchive } from './image-archive.ts';
import { fullImageName, parseImageReference } from './image-reference.ts';
import type { ZstdOptions } from './zstd.ts';
import { zstdWindowBytes } from './zstd-window.ts';

export interface CheckOptions extends ZstdOptions {
  /** The name that the file will have, if it has another one now. */
  readonly name?: string;
  /** More digests (64 hex digits) of which one may stand in the name, such as that of the file it was made of. */
  readonly digests?: readonly string[];
}

/** More memory than this k3s gives no archive. */
export const largestWindowBytes = 32 * 1024 ** 2;

/**
 * Reads an archive as strictly as k3s and containerd do, or stricter, and lists everything that would keep an image
 * from being there under its full name on a linux/arm64 node. Empty: it is importable. Reads the file twice.
 */
export async function checkImageArchive(
  file: string,
  options: CheckOptions = {},
): Promise<readonly string[]> {
  return (await examineImageArchive(file, options)).problems;
}

/** As {@link checkImageArchive}, with what was read; undefined if it could not be read. */
export async function examineImageArchive(
  file: string,
  options: CheckOptions = {},
): Promise<{ readonly problems: readonly string[]; readonly archive?: ImageArchive }> {
  const name = basename(options.name ?? file);
  const obstacle = checkEnding(name, await compressionOf(file)) ?? (await checkWindow(file));
  if (obstacle !== undefined) return { problems: [obstacle] };
  const archive = await readImageArchive(file, options).catch((error: unknown) => {
    if (error instanceof HearthError) return error;
    throw error;
  });
  if (archive instanceof HearthError) return { problems: [archive.why ?? archive.message] };
  const digests: readonly string[] = [await hashFile(file), ...(options.digests ?? [])];
  const problems = [
    ...checkName(name, digests, archive),
    ...(archive.images.length === 0 ? ['There is no image in it.'] : []),
    ...archive.images.flatMap((image) => checkImage(image, archive.format)),
    ...checkTwice(archive),
    ...archive.unusedBlobs.map((path) => `${path} belongs to no image.`),
  ];
  return { problems, archive };
}

/** Throws ERR_DOWNLOAD with all problems of {@link checkImageArchive}. */
export async function requireImportable(file: string, options: CheckOptions = {}): Promise<void> {
  const problems = await checkImageArchive(file, options);
  if (problems.length === 0) return;
  throw new HearthError('ERR_DOWNLOAD', {
    what: `k3s could not import ${options.name ?? file}.`,
    why: 'Its importer takes only whole archives in which every image has its full name.',
    details: problems.join('\n'),
    todo: 'Run the same command again. If it happens again, pin another version: `scripts/hearth lock`.',
    state: 'The archive was not kept.',
  });
}

/** The endings that k3s looks for. */
const acceptedEnding = /\.(tar|tar\.lz4|tar\.bz2|tbz|tar\.gz|tgz|tar\.zst|tzst)$/;
/** k3s chooses the way to unpack by the name. What other compressions hold is not looked at here. */
const endings = { zstd: /\.(tar\.zst|tzst)$/, gzip: /\.(tar\.gz|tgz)$/, none: /\.tar$/ } as const;
const compressionWords = { zstd: 'zstd', gzip: 'gzip', none: 'no zstd or gzip' } as const;

function checkEnding(name: string, compression: keyof typeof endings): string | undefined {
  if (!acceptedEnding.test(name)) return `k3s takes no file with such a name: ${name}.`;
  if (endings[compression].test(name)) return undefined;
  return `${name} holds ${compressionWords[compression]}: another ending says so.`;
}

async function checkWindow(file: string): Promise<string | undefined> {
  if ((await compressionOf(file)) !== 'zstd') return undefined;
  try {
    const windowBytes = await zstdWindowBytes(file);
    if (windowBytes <= largestWindowBytes) return undefined;
    return `Its zstd window is ${formatSize(windowBytes)}; k3s takes at most ${formatSize(largestWindowBytes)}.`;
  } catch (error) {
    return messageOf(error);
  }
}

/** k3s skips a new archive under a known name, if its time is not newer: so the name has to change with the content. */
function checkName(name: string, known: readonly string[], { images }: ImageArchive): readonly string[] {
  const digests = [...known, ...images.map(({ manifest }) => manifest?.digest.replace('sha256:', '') ?? '')];
  const words = name.match(/[0-9a-f]{12,64}/g) ?? [];
  const isNamed = words.some((word) => digests.some((digest) => digest.startsWith(word)));
  return isNamed ? [] : [`No digest of its content (12 hex digits or more) is in the name ${name}.`];
}

function checkImage(image: ArchiveImage, format: ImageArchive['format']): readonly string[] {
  const called = image.names[0] ?? image.manifest?.digest ?? 'an image without a name';
  const blobs: readonly (readonly [string, ArchiveBlob | undefined])[] = [
    ...(image.manifest ? [['manifest', image.manifest] as const] : []),
    ['configuration', image.config],
    ...image.layers.map((layer, at) => [`layer ${at + 1}`, layer] as const),
  ];
  const isArm64 = image.platform === 'linux/arm64';
  return [
    ...checkNames(image, format),
    ...blobs.flatMap(([what, blob]) => checkBlob(blob, `${called}: the ${what}`)),
    ...(isArm64 ? [] : [`${called} is for ${image.platform ?? 'an unknown platform'}, not for linux/arm64.`]),
    ...(image.layers.length > 0 ? [] : [`${called} has no layer.`]),
  ];
}

/** Short names are completed in Docker's format only. */
function checkNames({ names, manifest }: ArchiveImage, format: ImageArchive['format']): readonly string[] {
  if (names.length === 0) return [`${manifest?.digest ?? 'An image'} has no name.`];
  return names
    .filter((name) => !parseImageReference(format === 'docker-archive' ? fullImageName(name) : name))
    .map((name) => `"${name}" is no full name: registry, repository and tag are needed.`);
}

function checkBlob(blob: ArchiveBlob | undefined, what: string): readonly string[] {
  if (!blob) return [`${what} is named by nothing.`];
  if (blob.actualDigest === undefined) return [`${what} (${blob.digest}) is not in the archive.`];
  return blob.actualDigest === blob.digest
    ? []
    : [`${what} should be ${blob.digest}, but is ${blob.actualDigest}.`];
}

/** One name for two images: which one wins is left to chance. */
function checkTwice({ images }: ImageArchive): readonly string[] {
  const names = images.flatMap((image) => [...new Set(image.names)]);
  const twice = new Set(names.filter((name, at) => names.indexOf(name) !== at));
  return [...twice].map((name) => `Two images have the name ${name}.`);
}
