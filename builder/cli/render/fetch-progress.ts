import type { DownloadProgress } from '../../host/download.ts';
import type { TextWriter } from './boot-progress.ts';
import { describeDownload, downloadPace } from './download-pace.ts';

export interface FetchProgress {
  readonly show: (progress: DownloadProgress, receivedBytes: number) => void;
  /** Prints a line above the moving one. */
  note(text: string): void;
  /** Takes the moving line off the screen. May be called more than once. */
  stop(): void;
}

const plainIntervalMs = 15_000;
const movingIntervalMs = 500;

/** Bytes, pace and time left: one moving line on a terminal, else a line now and then. */
export function fetchProgress(stream: TextWriter, now: () => number = Date.now): FetchProgress {
  const isMoving = stream.isTTY === true;
  const pace = downloadPace();
  let last: DownloadProgress | undefined;
  let received = 0;
  let drawnAt = now();
  let timer: NodeJS.Timeout | undefined;

  function draw(): void {
    if (!last) return;
    drawnAt = now();
    pace.add(received, drawnAt);
    const text = `fetching  ${describeDownload(last, pace.bytesPerSecond(drawnAt))}`;
    stream.write(isMoving ? `\r\x1b[K${text.slice(0, (stream.columns ?? 80) - 1)}` : `${text}\n`);
  }

  function clear(): void {
    if (isMoving && last) stream.write('\r\x1b[K');
  }

  return {
    show(progress, receivedBytes) {
      if (!last) pace.add(0, now());
      last = progress;
      received = receivedBytes;
      timer ??= setInterval(draw, isMoving ? movingIntervalMs : plainIntervalMs).unref();
      if (isMoving && now() - drawnAt >= movingIntervalMs) draw();
    },
    note(text) {
      clear();
      stream.write(`${text}\n`);
    },
    stop() {
      if (timer === undefined) return;
      clearInterval(timer);
      timer = undefined;
      clear();
    },
  };
}
