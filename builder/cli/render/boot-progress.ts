import { formatDuration } from '../../text/duration.ts';

/** The part of a stream that is needed; process.stdout and process.stderr are such. */
export interface TextWriter {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface BootProgress {
  start(title: string): void;
  /** Takes the last line of the guest's console. */
  readonly show: (line: string) => void;
  elapsedMs(): number;
  /** Takes the moving line off the screen. May be called more than once. */
  stop(): void;
}

const plainIntervalMs = 15_000;
const movingIntervalMs = 500;

/** The time since the start and the console's last line: one moving line on a terminal, else a line now and then. */
export function bootProgress(stream: TextWriter): BootProgress {
  const isMoving = stream.isTTY === true;
  let startedAt = Date.now();
  let lastLine = '';
  let timer: NodeJS.Timeout | undefined;

  function draw(): void {
    const text = `${formatDuration(Date.now() - startedAt).padStart(11)}  ${lastLine}`;
    stream.write(isMoving ? `\r\x1b[K${text.slice(0, (stream.columns ?? 80) - 1)}` : `${text}\n`);
  }

  return {
    start(title) {
      startedAt = Date.now();
      stream.write(`${title}\n`);
      timer = setInterval(draw, isMoving ? movingIntervalMs : plainIntervalMs);
    },
    show(line) {
      lastLine = line;
    },
    elapsedMs: () => Date.now() - startedAt,
    stop() {
      if (timer === undefined) return;
      clearInterval(timer);
      timer = undefined;
      if (isMoving) stream.write('\r\x1b[K');
    },
  };
}
