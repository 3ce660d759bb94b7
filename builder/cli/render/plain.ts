import type { BuildEvent } from '../../run/events.ts';
import { formatDuration } from '../../text/duration.ts';
import type { BuildListener } from './build-listener.ts';

/** One line for each event, without cursor movements. Output of steps goes to their logs only. */
export function plainListener(stream: NodeJS.WritableStream): BuildListener {
  return {
    emit: (event) => {
      const line = plainLine(event);
      if (line !== undefined) stream.write(`${line}\n`);
    },
    close: () => {},
  };
}

/** The line of an event; undefined for events that only a moving display shows. */
export function plainLine(event: BuildEvent): string | undefined {
  switch (event.type) {
    case 'stageStarted':
      return `[${event.stage}] building: ${event.reason}`;
    case 'stepStarted':
      return `[${event.stage}] ${event.step}${timeLeft(event.leftMs)}`;
    case 'stageFinished':
      return `[${event.stage}] ${event.result}${event.result === 'built' ? ` in ${formatDuration(event.durationMs)}` : `: ${event.reason}`}`;
    case 'taskStarted':
      return undefined;
    case 'taskFinished':
      return `[${event.task}] ${event.note ?? 'ready'} (${formatDuration(event.durationMs)})`;
    case 'warning':
      return `warning: ${event.text}`;
    case 'note':
      return event.text;
    case 'planned':
    case 'output':
    case 'downloading':
      return undefined;
  }
}

/** ` (about 2 min 05 s left)`, or nothing where nobody can know. */
export function timeLeft(leftMs: number | undefined): string {
  return leftMs === undefined ? '' : ` (about ${formatDuration(Math.max(leftMs, 1000))} left)`;
}
