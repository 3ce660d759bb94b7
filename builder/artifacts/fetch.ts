import type { Download, DownloadFailure, DownloadOptions } from '../host/download.ts';
import type { FileArtifact } from './artifact.ts';
import { notFetched, notInStore } from './fetch-errors.ts';
import { addressesOf } from './mirrors.ts';
import { partialShelf, removePartials } from './partial.ts';
import {
  checkStored,
  describeArtifact,
  distinctArtifacts,
  removeDamaged,
  type StoredState,
  storedArtifact,
} from './store.ts';

export interface ArtifactFetchOptions {
  readonly cacheDir: string;
  /** Tried in order before the maker's own address: http(s):// or file://, with files at `MIRROR/sha256/HEX`. */
  readonly mirrors: readonly string[];
  /** Nothing is fetched: what is missing or damaged is an error that names it. */
  readonly isOffline: boolean;
  /** Lines of apt.conf(5) of this host: proxies and timeouts. Default: the environment's proxies only. */
  readonly aptOptions?: readonly string[];
  readonly onProgress?: DownloadOptions['onProgress'];
  /** A stored file is damaged; it has been removed and is fetched anew. */
  readonly onDamaged?: (artifact: FileArtifact) => void;
  readonly signal?: AbortSignal;
  /** The wait before the second try; default 500. */
  readonly retryDelayMs?: number;
}

/** What was done; each content once. */
export interface FetchOutcome {
  readonly fetched: readonly FileArtifact[];
  /** They were there already, and right. */
  readonly found: readonly FileArtifact[];
}

/** Few and large files: more at once would only share the line. */
const parallelFiles = 4;

/**
 * Sees to it that the files of all artifacts are in the store, each with the right bytes. What was not finished goes on
 * where it ended, also in a later run. Throws ERR_DOWNLOAD that names each artifact that can't be had, and the signal's
 * reason on abort.
 */
export async function fetchArtifacts(
  artifacts: readonly FileArtifact[],
  options: ArtifactFetchOptions,
): Promise<FetchOutcome> {
  const { cacheDir, signal } = options;
  const wanted = distinctArtifacts(artifacts);
  const states = await checkStored(cacheDir, wanted, signal);
  const pairs = wanted.map((artifact, index) => ({ artifact, state: states[index] as StoredState }));
  const missing = pairs.filter(({ state }) => state.kind !== 'whole');
  const found = pairs.filter(({ state }) => state.kind === 'whole').map(({ artifact }) => artifact);
  if (missing.length > 0 && options.isOffline) throw notInStore(missing);
  await removePartials(
    cacheDir,
    found.map(({ sha256 }) => sha256),
  );
  if (missing.length === 0) return { fetched: [], found };
  for (const { artifact, state } of missing) {
    if (state.kind !== 'damaged') continue;
    await removeDamaged(storedArtifact(cacheDir, artifact.sha256), state.inode);
    options.onDamaged?.(artifact);
  }
  const fetched = missing.map(({ artifact }) => artifact);
  const failures = await downloadArtifacts(fetched, options);
  if (failures.length > 0) throw notFetched(failures, wanted.length);
  return { fetched, found };
}

async function downloadArtifacts(
  artifacts: readonly FileArtifact[],
  options: ArtifactFetchOptions,
): Promise<DownloadFailure[]> {
  const { cacheDir, mirrors, aptOptions, onProgress, signal, retryDelayMs } = options;
  const downloads = artifacts.map(
    (artifact): Download => ({
      urls: addressesOf(artifact, mirrors),
      file: storedArtifact(cacheDir, artifact.sha256),
      sha256: artifact.sha256,
      sizeBytes: artifact.sizeBytes,
      label: describeArtifact(artifact),
      shelf: partialShelf(cacheDir, artifact.sha256),
    }),
  );
  // Only now: loading the HTTP library takes longer than finding out that nothing is missing.
  const { downloadAll } = await import('../host/download.ts');
  return await downloadAll(downloads, {
    parallel: parallelFiles,
    aptOptions: aptOptions ?? [],
    ...(onProgress ? { onProgress } : {}),
    ...(signal ? { signal } : {}),
    ...(retryDelayMs === undefined ? {} : { retryDelayMs }),
  });
}
