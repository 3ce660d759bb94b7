import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import { fetchFrom } from './download-address.ts';
import { Draft, type OnBytes } from './download-draft.ts';
import type { DownloadSession } from './download-request.ts';
import type { DraftShelf } from './download-shelf.ts';
import { openRoutes } from './proxy.ts';

export interface Download {
  /** Tried in order: a refusal (404, 403, 410) or a wrong content goes on to the next. */
  readonly urls: readonly string[];
  /** Where the file goes; written beside it under a temporary name, checked, synced, renamed. */
  readonly file: string;
  /** Hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** For messages: `openssl 3.5.1-1 (arm64)`. */
  readonly label: string;
  /** Keeps what came in of an unfinished file for the next run; without one it is removed. */
  readonly shelf?: DraftShelf;
}

export interface DownloadProgress {
  readonly doneFiles: number;
  readonly totalFiles: number;
  /** Of finished and running files; falls when a file has to begin anew. */
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface DownloadFailure {
  readonly download: Download;
  /** One line for each address tried: `URL: 404 Not Found`, `URL: SHA-256 is X, wanted Y`. No credentials. */
  readonly reasons: readonly string[];
  /** True if all addresses answered that they do not have it (404, 410), so trying again is useless. */
  readonly isGone: boolean;
  /** An address answered with another file than the wanted one. */
  readonly isWrong: boolean;
}

export interface DownloadOptions {
  /** How many files at once; default 8. */
  readonly parallel?: number;
  /** Lines of apt.conf(5) of this host: proxies and timeouts. */
  readonly aptOptions?: readonly string[];
  /**
   * Called at each finished file, and between them some times a second. `receivedBytes` is what came in during this call;
   * it never falls, so the pace can be told from it.
   */
  readonly onProgress?: (progress: DownloadProgress, receivedBytes: number) => void;
  readonly signal?: AbortSignal;
  /** The wait before the second try; doubled before each further one. Default 500. */
  readonly retryDelayMs?: number;
}

const progressPauseMs = 50;

/**
 * Fetches all files side by side; never throws for a single file: returns those that could not be had, in order. Throws
 * the signal's reason on abort, and a HearthError for a full disk, a file that can not be written and a proxy that can
 * not be used. Only complete, checked and synced files get their name; drafts go back to their shelf or are removed.
 */
export async function downloadAll(
  downloads: readonly Download[],
  options: DownloadOptions = {},
): Promise<DownloadFailure[]> {
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  // Each running file listens, however many there are.
  setMaxListeners(0, signal);
  const session: DownloadSession = {
    routes: openRoutes(options.aptOptions ?? []),
    signal,
    retryDelayMs: options.retryDelayMs ?? 500,
    silentOrigins: new Set(),
  };
  const limit = pLimit(options.parallel ?? 8);
  const progress = countProgress(downloads, options.onProgress);
  const jobs = downloads.map((download) =>
    limit(async () => await downloadOne(download, session, progress)).catch((error: unknown) => {
      // The others would fail alike: end them, and wait until they have removed their drafts.
      stop.abort(error);
      throw error;
    }),
  );
  try {
    await Promise.allSettled(jobs);
    signal.throwIfAborted();
    return (await Promise.all(jobs)).filter((failure) => failure !== undefined);
  } finally {
    await session.routes.close();
  }
}

interface ProgressCounter {
  readonly addBytes: OnBytes;
  addFile(): void;
}

async function downloadOne(
  download: Download,
  session: DownloadSession,
  progress: ProgressCounter,
): Promise<DownloadFailure | undefined> {
  session.signal.throwIfAborted();
  const draft = new Draft(download, progress.addBytes);
  const reasons: string[] = [];
  let isGone = download.urls.length > 0;
  let isWrong = false;
  try {
    if (await draft.begin()) {
      await draft.publish();
      progress.addFile();
      return undefined;
    }
    for (const url of download.urls) {
      const failure = await fetchFrom(url, draft, session);
      if (!failure) {
        await draft.publish();
        progress.addFile();
        return undefined;
      }
      reasons.push(failure.reason);
      isGone &&= failure.isGone;
      isWrong ||= failure.isWrong;
    }
  } finally {
    await draft.discard();
  }
  return { download, reasons: reasons.length > 0 ? reasons : ['no address is known'], isGone, isWrong };
}

function countProgress(
  downloads: readonly Download[],
  onProgress: DownloadOptions['onProgress'],
): ProgressCounter {
  const totalFiles = downloads.length;
  const totalBytes = downloads.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneFiles = 0;
  let doneBytes = 0;
  let receivedBytes = 0;
  let reportedAtMs = 0;
  const report = () => {
    reportedAtMs = performance.now();
    onProgress?.({ doneFiles, totalFiles, doneBytes, totalBytes }, receivedBytes);
  };
  return {
    addBytes(count, kind) {
      doneBytes += count;
      if (kind === 'received') receivedBytes += count;
      // Thousands of pieces a second come in: nobody can read that many numbers.
      if (performance.now() - reportedAtMs >= progressPauseMs) report();
    },
    addFile() {
      doneFiles++;
      report();
    },
  };
}
