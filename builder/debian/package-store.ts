import { copyFile, link, mkdir, rm, stat } from 'node:fs/promises';
import pLimit from 'p-limit';
import { HearthError } from '../errors/hearth-error.ts';
import type { Download, DownloadFailure, DownloadProgress } from '../host/download.ts';
import { count } from '../text/count.ts';
import { hashFile } from '../text/digest.ts';
import { formatSize } from '../text/size.ts';
import { archiveFileName, describePackage, type PackageFile, type PackageSet } from './package-file.ts';

export interface FetchOptions {
  /** Addresses of a package's file, in the order in which they are tried. */
  readonly urls: (file: PackageFile) => Promise<readonly string[]>;
  /** Nothing is fetched: what is missing is an error that names it. */
  readonly isOffline: boolean;
  /** The packages are those of a lock. */
  readonly isLocked: boolean;
  readonly aptOptions: () => Promise<readonly string[]>;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly onDamaged?: (file: PackageFile) => void;
  readonly signal?: AbortSignal;
}

/** Where a package's file is kept: `CACHE/debs/SHA256.deb`. A file there was complete and right when it got its name. */
export function storedPackage(cacheDir: string, file: PackageFile): string {
  return `${cacheDir}/debs/${file.sha256}.deb`;
}

/**
 * Sees to it that all packages are in the store, each with the right bytes: a damaged file is removed and fetched anew.
 * Throws ERR_DOWNLOAD that names each package that can't be had.
 */
export async function providePackages(
  cacheDir: string,
  packages: PackageSet,
  options: FetchOptions,
): Promise<void> {
  await mkdir(`${cacheDir}/debs`, { recursive: true });
  const missing = await findMissing(cacheDir, packages, options);
  if (missing.length === 0) return;
  if (options.isOffline) throw notInCache(missing);
  const downloads = await Promise.all(
    missing.map(async (file): Promise<Download> => {
      const { sha256, sizeBytes } = file;
      const label = describePackage(file);
      return {
        urls: await options.urls(file),
        file: storedPackage(cacheDir, file),
        sha256,
        sizeBytes,
        label,
      };
    }),
  );
  // Only now: loading the HTTP library takes longer than finding out that nothing is missing.
  const { downloadAll } = await import('../host/download.ts');
  const failures = await downloadAll(downloads, {
    aptOptions: await options.aptOptions(),
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  if (failures.length === 0) return;
  throw notFetched(failures, downloads.length, options);
}

/** Gives each package of the store its name of apt's archive folder in `folder`. */
export async function linkPackages(cacheDir: string, packages: PackageSet, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of packages) {
    const source = storedPackage(cacheDir, file);
    const target = `${folder}/${archiveFileName(file)}`;
    // A hard link costs nothing; another user's file or another file system allows none.
    await link(source, target).catch(async () => await copyFile(source, target));
  }
}

async function findMissing(
  cacheDir: string,
  packages: PackageSet,
  options: FetchOptions,
): Promise<PackageFile[]> {
  const limit = pLimit(4);
  const isSound = await Promise.all(
    packages.map((file) => limit(async () => await isStored(cacheDir, file, options))),
  );
  return packages.filter((_, index) => !isSound[index]);
}

async function isStored(cacheDir: string, file: PackageFile, options: FetchOptions): Promise<boolean> {
  const path = storedPackage(cacheDir, file);
  const sizeBytes = await stat(path).then(
    (info) => info.size,
    () => undefined,
  );
  if (sizeBytes === undefined) return false;
  if (sizeBytes === file.sizeBytes && (await hashFile(path)) === file.sha256) return true;
  options.onDamaged?.(file);
  await rm(path, { force: true });
  return false;
}

function notFetched(
  failures: readonly DownloadFailure[],
  total: number,
  { isLocked }: FetchOptions,
): HearthError {
  const areGone = failures.every(({ isGone }) => isGone);
  const network = 'Check the network and `debian.mirror` in config.yaml, then run the build again.';
  const gone = isLocked
    ? {
        why: 'Neither the mirror nor the snapshot archive has them any more.',
        todo: 'Build without --locked: that takes what the archive has today.',
      }
    : {
        why: 'The archive has moved on since it was asked.',
        todo: 'Run the build again with --refresh: it asks the archive for what it has now.',
      };
  return new HearthError('ERR_DOWNLOAD', {
    what: `${count(failures.length, 'package')} of ${total} could not be fetched.`,
    ...(areGone ? gone : { todo: network }),
    details: failures
      .flatMap(({ download, reasons }) => [
        `- ${download.label}`,
        ...reasons.map((reason) => `    ${reason}`),
      ])
      .join('\n'),
    state: 'What was fetched is kept and checked; nothing half-fetched is left.',
  });
}

function notInCache(missing: PackageSet): HearthError {
  const bytes = missing.reduce((sum, file) => sum + file.sizeBytes, 0);
  return new HearthError('ERR_DOWNLOAD', {
    what: `${count(missing.length, 'package')} (${formatSize(bytes)}) ${missing.length === 1 ? 'is' : 'are'} not in the cache, and the build is offline.`,
    details: missing.map((file) => `- ${describePackage(file)}`).join('\n'),
    todo: 'Run the build once without --offline, on a machine with this cache and a network.',
    state: 'Nothing was fetched.',
  });
}
