import { createLogUpdate } from 'log-update';
import type { BuildEvent } from '../../run/events.ts';
import { formatDuration } from '../../text/duration.ts';
import { paintFor } from '../../text/paint.ts';
import type { BuildListener } from './build-listener.ts';
import { describeDownload } from './download-pace.ts';
import { timeLeft } from './plain.ts';

const windowLines = 6;

/** One line for each finished stage, and below a window with the last lines of the running step. */
export function prettyListener(stream: NodeJS.WriteStream): BuildListener {
  const paint = paintFor(stream);
  const update = createLogUpdate(stream);
  let running: { title: string; step: string; startedAt: number; endsAt?: number | undefined } | undefined;
  let note = '';
  let lines: string[] = [];
  const timer = setInterval(draw, 200);
  timer.unref();

  function draw(): void {
    if (!running) return;
    const time = formatDuration(Date.now() - running.startedAt);
    const width = (stream.columns ?? 80) - 4;
    const step = running.step === '' ? '' : paint('cyan', ` ${running.step}`);
    update(
      [
        `${paint('yellow', '●')} ${paint('bold', running.title)}${step} ${paint('dim', time + left(running.endsAt))}`,
        ...(note === '' ? [] : [paint('dim', `  ${note}`)]),
        ...lines.slice(-windowLines).map((line) => paint('dim', `  │ ${line.slice(0, width)}`)),
      ].join('\n'),
    );
  }

  function start(title: string): void {
    running = { title, step: '', startedAt: Date.now() };
    note = '';
    lines = [];
    draw();
  }

  function finish(sign: string, title: string, about: string): void {
    running = undefined;
    update.clear();
    stream.write(`${sign} ${title.padEnd(18)} ${paint('dim', about)}\n`);
  }

  function emit(event: BuildEvent): void {
    switch (event.type) {
      case 'taskStarted':
        start(event.task);
        break;
      case 'stageStarted':
        start(event.stage);
        break;
      case 'stepStarted':
        if (running) running = { ...running, step: event.step, endsAt: endOf(event.leftMs) };
        lines = [];
        note = '';
        draw();
        break;
      case 'note':
        // Before the first stage there is no window to show it in.
        if (running) note = event.text;
        else stream.write(`${paint('dim', event.text)}\n`);
        draw();
        break;
      case 'downloading':
        note = `fetching: ${describeDownload(event.progress, undefined)}`;
        break;
      case 'output':
        lines = [...lines.slice(1 - windowLines), event.line];
        break;
      case 'taskFinished':
        finish(paint('green', '✔'), event.task, describe(event.note, event.durationMs));
        break;
      case 'stageFinished':
        if (event.result === 'built') {
          finish(paint('green', '✔'), event.stage, describe(event.reason, event.durationMs));
        } else {
          finish(paint('dim', event.result === 'reused' ? '=' : '-'), event.stage, event.reason);
        }
        break;
      case 'warning':
        update.clear();
        stream.write(`${paint('yellow', '!')} ${event.text}\n`);
        break;
      case 'planned':
        break;
    }
  }

  return {
    emit,
    close: () => {
      clearInterval(timer);
      if (running) update.clear();
      update.done();
    },
  };
}

function describe(note: string | undefined, durationMs: number): string {
  return `${formatDuration(durationMs).padStart(8)}${note === undefined ? '' : `  ${note}`}`;
}

function endOf(leftMs: number | undefined): number | undefined {
  return leftMs === undefined ? undefined : Date.now() + leftMs;
}

function left(endsAt: number | undefined): string {
  return endsAt === undefined ? '' : timeLeft(endsAt - Date.now());
}
