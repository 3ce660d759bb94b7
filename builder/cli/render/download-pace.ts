import type { DownloadProgress } from '../../host/download.ts';
import { formatDuration } from '../../text/duration.ts';
import { formatSize } from '../../text/size.ts';

/** How fast bytes come in, told from the last seconds. */
export interface DownloadPace {
  /** Takes what came in since the start, at this time. */
  add(receivedBytes: number, nowMs: number): void;
  /** Bytes in a second; undefined while nobody can know. */
  bytesPerSecond(nowMs: number): number | undefined;
}

const windowMs = 10_000;
const shortestMs = 1000;

/** Judges by the last ten seconds: a line that became slow or fast is seen soon, a moment's silence is not a standstill. */
export function downloadPace(): DownloadPace {
  let samples: { readonly atMs: number; readonly bytes: number }[] = [];
  return {
    add(bytes, nowMs) {
      samples.push({ atMs: nowMs, bytes });
      // The last one before the window stays: the pace is counted from there.
      const firstInside = samples.findIndex(({ atMs }) => atMs >= nowMs - windowMs);
      if (firstInside > 1) samples = samples.slice(firstInside - 1);
    },
    bytesPerSecond(nowMs) {
      const [first] = samples;
      const last = samples.at(-1);
      if (!first || !last || nowMs - first.atMs < shortestMs) return undefined;
      return ((last.bytes - first.bytes) / (nowMs - first.atMs)) * 1000;
    },
  };
}

/** `1 of 3 files, 35 MiB of 250 MiB, 4.1 MiB/s, about 52 s left`. */
export function describeDownload(progress: DownloadProgress, bytesPerSecond: number | undefined): string {
  const { doneFiles, totalFiles, doneBytes, totalBytes } = progress;
  const parts = [
    `${doneFiles} of ${totalFiles} files`,
    `${formatSize(Math.min(doneBytes, totalBytes))} of ${formatSize(totalBytes)}`,
  ];
  const leftBytes = totalBytes - doneBytes;
  if (bytesPerSecond !== undefined && leftBytes > 0) {
    if (bytesPerSecond < 1) parts.push('waiting for the server');
    else {
      const leftMs = Math.max((leftBytes / bytesPerSecond) * 1000, 1000);
      parts.push(`${formatSize(Math.round(bytesPerSecond))}/s`, `about ${formatDuration(leftMs)} left`);
    }
  }
  return parts.join(', ');
}
