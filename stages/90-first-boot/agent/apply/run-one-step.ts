import type { AgentContext } from '../context.ts';
import type { NewEvent } from '../events/event-log.ts';
import { refuseMissing } from '../provision/needs.ts';
import type { SetupStep } from '../setup/define.ts';
import type { StoredSetup } from '../store/setup-store.ts';
import { type Blacken, blackenSecrets, blackenText } from './blacken.ts';
import { failureTexts } from './failure.ts';
import { startPulse, type Timers } from './pulse.ts';
import type { Stamps } from './stamps.ts';
import { openStepLog, type StepLog } from './step-log.ts';
import { makeTask } from './task.ts';

/** What a run has in hand. */
export interface Engine {
  readonly context: AgentContext;
  readonly stamps: Stamps;
  readonly timers: Timers;
  /** Aborted when the device is being shut down. */
  readonly signal: AbortSignal;
  /** Adds an event to the current run. */
  readonly emit: (event: WithoutRun<NewEvent>) => void;
}
type WithoutRun<Event> = Event extends NewEvent ? Omit<Event, 'run'> : never;

/** `stopped`: the device is being shut down, the next start runs the step again. */
export type StepOutcome = 'done' | 'failed' | 'stopped';

/**
 * Runs one step with the answers as they are, and notes all about it. The stamp is on the disk before the event: a step
 * that the log calls finished never runs again.
 */
export async function runOneStep(engine: Engine, step: SetupStep, setup: StoredSetup): Promise<StepOutcome> {
  const { context, stamps, timers, emit } = engine;
  const blacken = blackenSecrets(context.setups.topics, setup.answers);
  stamps.clear(step.id);
  emit({ type: 'stepStarted', step: step.id });
  const beganMs = timers.nowMs();
  const log = openStepLog(context.paths, step.id, blacken);
  log.write(`--- ${new Date().toISOString()} begins`);
  try {
    const failure = await attempt(engine, { step, setup, blacken, log });
    if (engine.signal.aborted) {
      log.write('--- stopped, the next start goes on');
      return 'stopped';
    }
    if (failure !== undefined) return fail(engine, step, { failure: failure.error, blacken, log });
    log.write('--- done');
  } finally {
    log.close();
  }
  emit({ type: 'stepFinished', step: step.id, seconds: seconds(timers.nowMs() - beganMs) });
  return 'done';
}

interface Attempt {
  readonly step: SetupStep;
  readonly setup: StoredSetup;
  readonly blacken: Blacken;
  readonly log: StepLog;
}

async function attempt(engine: Engine, { step, setup, blacken, log }: Attempt) {
  const { context, stamps, timers, signal, emit } = engine;
  const pulse = startPulse((fraction, note) => {
    try {
      const words = note === undefined ? {} : { note: blackenText(note, blacken) };
      emit({ type: 'stepProgress', step: step.id, fraction, ...words });
    } catch (error) {
      // A full disk: the step may be the one that makes room.
      context.report(`progress of ${step.id} can not be noted: ${(error as Error).message}`);
    }
  }, timers);
  const task = makeTask({
    look: context.look,
    step,
    answers: setup.answers,
    artifacts: context.setups.artifacts,
    blacken,
    log: log.write,
    progress: pulse.update,
    signal,
  });
  try {
    refuseMissing(context.setups.artifacts, step, context.look);
    await step.run(task);
    // A step that looks at the signal may have left early.
    if (!signal.aborted) stamps.set(step.id, stamps.digestOf(step, setup.answers));
    return undefined;
  } catch (error) {
    return { error };
  } finally {
    pulse.stop();
  }
}

function fail(
  { context, emit }: Engine,
  step: SetupStep,
  { failure, blacken, log }: { readonly failure: unknown; readonly blacken: Blacken; readonly log: StepLog },
): StepOutcome {
  const { why, todo } = failureTexts(failure, blacken);
  log.write(failure instanceof Error ? (failure.stack ?? failure.message) : String(failure));
  log.write('--- failed');
  emit({
    type: 'stepFailed',
    step: step.id,
    why,
    todo,
    isOptional: step.isOptional === true,
  });
  context.report(`the step ${step.id} failed, see ${context.paths.stepLogs}`);
  return 'failed';
}

function seconds(durationMs: number): number {
  return Math.round(durationMs / 100) / 10;
}
