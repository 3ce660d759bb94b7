import { existsSync } from 'node:fs';
import type { AgentContext } from '../context.ts';
import type { DevicePaths } from '../device/paths.ts';
import { type EventLog, openEventLog } from '../events/event-log.ts';
import { foldEvents, type RunView, type StepView } from '../events/fold.ts';
import { writeDurably } from '../files/durable-file.ts';
import type { SetupStep } from '../setup/define.ts';
import { readSetup } from '../store/setup-store.ts';
import { takeLock } from './lock.ts';
import { askOnce, type IsAsked, makePlan, type Plan } from './plan.ts';
import { realTimers, type Timers } from './pulse.ts';
import { type Engine, runOneStep } from './run-one-step.ts';
import { openStamps } from './stamps.ts';
import { listenForStop } from './stop-signal.ts';

export interface ApplyOptions {
  /** Stops the run. Default: SIGTERM and SIGINT do. */
  readonly signal?: AbortSignal;
  readonly timers?: Timers;
  readonly openLog?: (path: string) => EventLog;
}

/**
 * Does all that is due with the answers as they are now, and marks the device as set up when nothing is left. A run that was
 * cut off goes on at the step that was not finished. Answers that change meanwhile are seen before each step. When a step
 * fails that the device can do without, those behind it are done all the same: nobody may be there to decide.
 *
 * Gives the exit code: 0 nothing (more) to do, stopped, or another applier is at work; 1 a step failed; 2 the store, the log
 * or the disk failed.
 */
export async function runApply(context: AgentContext, options: ApplyOptions = {}): Promise<number> {
  const lock = takeLock(context.paths);
  if (lock === undefined) {
    context.report('another process is applying the answers already');
    return 0;
  }
  const stop = options.signal === undefined ? listenForStop() : undefined;
  const signal = options.signal ?? stop?.signal ?? new AbortController().signal;
  try {
    return await applyAnswers(context, options, signal);
  } catch (error) {
    context.report(`the answers can not be applied: ${reasonOf(error)}`);
    return 2;
  } finally {
    stop?.forget();
    lock.release();
  }
}

async function applyAnswers(
  context: AgentContext,
  options: ApplyOptions,
  signal: AbortSignal,
): Promise<number> {
  const { paths } = context;
  const { timers = realTimers, openLog = openEventLog } = options;
  const stamps = openStamps(paths);
  const isAsked = askOnce(context);
  const first = readSetup(paths);
  // Nothing to say and nothing to do: the log stays as it is.
  if (existsSync(paths.resetFile)) return 0;
  if (!first.isWanted && (await makePlan(context, stamps, first, isAsked)).due.length === 0) return 0;
  const log = openLog(paths.eventLog);
  const journal = keepJournal(log);
  try {
    return await doWhatIsDue({ context, stamps, timers, signal, emit: journal.emit }, journal, isAsked);
  } finally {
    log.close();
  }
}

async function doWhatIsDue(engine: Engine, journal: Journal, isAsked: IsAsked): Promise<number> {
  const { context, stamps, signal } = engine;
  const { paths } = context;
  /** Steps that were run, with the answers of that time: those that failed are left, the others can't be due again. */
  const failed = new Map<string, string>();
  const done = new Map<string, string>();
  while (!existsSync(paths.resetFile) && !signal.aborted) {
    const setup = readSetup(paths);
    const digestOf = (step: SetupStep) => stamps.digestOf(step, setup.answers);
    const plan = await makePlan(context, stamps, setup, isAsked);
    journal.open(plan);
    const step = plan.due.find((one) => failed.get(one.id) !== digestOf(one) && !plan.isHeldUp(one));
    if (plan.isComplete) markComplete(paths);
    if (step === undefined) return journal.end(plan);
    const digest = digestOf(step);
    // A card that forgets what is written would let the same step run for ever.
    if (done.get(step.id) === digest) throw new Error(`what ${step.id} did does not stay on the disk`);
    const hasFailed = (await runOneStep(engine, step, setup)) === 'failed';
    if (hasFailed && step.isOptional !== true) return journal.end(plan);
    (hasFailed ? failed : done).set(step.id, digest);
  }
  return 0;
}

/** The message of a parser quotes the text, and the store has passwords. */
function reasonOf(error: unknown): string {
  return error instanceof SyntaxError ? 'the store of the answers is damaged' : (error as Error).message;
}

function markComplete(paths: DevicePaths): void {
  if (!existsSync(paths.completeFile))
    writeDurably(paths.completeFile, `${new Date().toISOString()}\n`, 0o600);
}

interface Journal {
  readonly emit: Engine['emit'];
  /** Goes on with the run that is open if the plan fits to it, else begins one if there is something to do. */
  readonly open: (plan: Plan) => void;
  /** Ends the run, if one is open. Gives the exit code: 1 if something is left to do. */
  readonly end: (plan: Plan) => number;
}

/** Writes the events, and knows what they add up to. */
function keepJournal(log: EventLog): Journal {
  let view = foldEvents(log.earlier);
  let isFromEarlier = true;
  const write = (run: number, event: Parameters<Engine['emit']>[0]) => {
    view = foldEvents([log.append({ run, ...event })], view);
  };
  const emit: Engine['emit'] = (event) => write(view.run, event);
  const begin = ({ due }: Plan) =>
    write(view.run + 1, {
      type: 'runStarted',
      steps: due.map(({ id, title, seconds }) => ({ id, title, seconds })),
    });
  const settle = ({ due, current }: Plan) => {
    const left = view.steps.filter((step) => isOpen(step) && !due.some(({ id }) => id === step.id));
    for (const { id, seconds } of left) {
      // Its stamp is there: only the event was lost. Without one it is not to be done any more.
      if (current.has(id)) emit({ type: 'stepFinished', step: id, seconds });
      else emit({ type: 'stepSkipped', step: id });
    }
  };
  return {
    emit,
    open: (plan) => {
      const goesOn =
        isUnfinished(view) &&
        plan.due.every(({ id }) => view.steps.some((step) => step.id === id && isOpen(step)));
      if (goesOn && isFromEarlier) emit({ type: 'goOn' });
      if (goesOn) settle(plan);
      else if (plan.due.length > 0) begin(plan);
      isFromEarlier = false;
    },
    end: ({ due }) => {
      const isDone = due.length === 0;
      if (isUnfinished(view)) emit({ type: isDone ? 'runFinished' : 'runFailed' });
      return isDone ? 0 : 1;
    },
  };
}

function isUnfinished({ state }: RunView): boolean {
  return state === 'running' || state === 'failed';
}

function isOpen({ state }: StepView): boolean {
  return state !== 'done' && state !== 'skipped';
}
