import type { SetupEvent } from '../door/protocol.ts';
import type { LocalText } from '../text/local-text.ts';

export interface StepView {
  readonly id: string;
  readonly title: LocalText;
  /** Its weight. */
  readonly seconds: number;
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'skipped';
  /** 0 to 1. Never goes back within a run. */
  readonly fraction: number;
  readonly note?: LocalText;
  /** Only when failed. */
  readonly why?: LocalText;
  readonly todo?: LocalText;
  /** Only known when failed: the owner may go on without it. */
  readonly isOptional: boolean;
}

/** What the events add up to. */
export interface RunView {
  /** 0: there was no run yet. */
  readonly run: number;
  /** Of the last event that is in it. */
  readonly lastId: number;
  /** ISO 8601, of the last event; undefined without events. */
  readonly time?: string;
  readonly state: 'idle' | 'running' | 'failed' | 'finished';
  /** Whole number, 0 to 100, weighted by `seconds`. Never goes back within a run; 100 only when it is finished. */
  readonly percent: number;
  readonly steps: readonly StepView[];
}

const idle: RunView = { run: 0, lastId: 0, state: 'idle', percent: 0, steps: [] };

/**
 * Adds events to what earlier ones gave. An event that is in it already changes nothing, but id 1 begins from nothing: the
 * log is a new one after a factory reset.
 */
export function foldEvents(events: Iterable<SetupEvent>, previous: RunView = idle): RunView {
  let view = previous;
  for (const event of events) {
    if (event.id === 1) view = idle;
    if (event.id > view.lastId) view = weigh(view, { ...add(view, event), ...stampOf(event) });
  }
  return view;
}

function stampOf({ id, time, run }: SetupEvent): Pick<RunView, 'lastId' | 'time' | 'run'> {
  return { lastId: id, time, run };
}

function add(view: RunView, event: SetupEvent): RunView {
  switch (event.type) {
    case 'runStarted':
      return { ...view, state: 'running', percent: 0, steps: event.steps.map(waiting) };
    case 'goOn':
      return { ...view, state: 'running', steps: view.steps.map(rested) };
    case 'runFinished':
      return { ...view, state: 'finished' };
    case 'runFailed':
      return { ...view, state: 'failed' };
    case 'stepStarted':
      return change({ ...view, state: 'running' }, event.step, (step) => ({
        ...bare(step),
        state: 'running',
      }));
    case 'stepProgress':
      return change(view, event.step, (step) => ({
        ...step,
        fraction: Math.max(step.fraction, Math.min(1, event.fraction)),
        ...(event.note === undefined ? {} : { note: event.note }),
      }));
    case 'stepFinished':
      return change(view, event.step, (step) => ({ ...bare(step), state: 'done', fraction: 1 }));
    case 'stepSkipped':
      return change(view, event.step, (step) => ({ ...bare(step), state: 'skipped' }));
    case 'stepFailed':
      return change(view, event.step, (step) => ({
        ...bare(step),
        state: 'failed',
        why: event.why,
        isOptional: event.isOptional,
        ...(event.todo === undefined ? {} : { todo: event.todo }),
      }));
  }
}

function waiting({ id, title, seconds }: Pick<StepView, 'id' | 'title' | 'seconds'>): StepView {
  return { id, title, seconds, state: 'waiting', fraction: 0, isOptional: false };
}

/** A step without what was said about an earlier try; how far it was stays, so that no bar goes back. */
function bare(step: StepView): StepView {
  return { ...waiting(step), fraction: step.fraction };
}

function rested(step: StepView): StepView {
  return step.state === 'running' || step.state === 'failed' ? bare(step) : step;
}

function change(view: RunView, id: string, how: (step: StepView) => StepView): RunView {
  return { ...view, steps: view.steps.map((step) => (step.id === id ? how(step) : step)) };
}

function weigh(before: RunView, view: RunView): RunView {
  const total = view.steps.reduce((sum, step) => sum + step.seconds, 0);
  const done = view.steps.reduce((sum, step) => sum + step.seconds * shareOf(step), 0);
  const percent = total === 0 ? 0 : Math.min(99, Math.floor((100 * done) / total));
  if (view.state === 'finished') return { ...view, percent: 100 };
  return { ...view, percent: before.run === view.run ? Math.max(before.percent, percent) : percent };
}

function shareOf(step: StepView): number {
  return step.state === 'skipped' ? 1 : step.fraction;
}
