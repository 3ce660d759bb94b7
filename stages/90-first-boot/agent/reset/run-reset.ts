import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { blackenSecrets } from '../apply/blacken.ts';
import { takeLock } from '../apply/lock.ts';
import { makeTask } from '../apply/task.ts';
import type { AgentContext } from '../context.ts';
import type { DevicePaths } from '../device/paths.ts';
import { writeDurably } from '../files/durable-file.ts';
import { makeFolders, removeDurably } from '../files/durable-folder.ts';
import type { SetupStep } from '../setup/define.ts';
import { readSetup, type StoredSetup } from '../store/setup-store.ts';

export interface ResetOptions {
  /** Removes a file or folder durably. Tests cut the power here. */
  readonly remove?: (path: string) => void;
  /** An `undo` that takes longer is given up: the device must start. Default 120 000. */
  readonly undoTimeoutMs?: number;
}

/** Asks for a factory reset: it is done at the next start. On the disk when this returns. */
export function requestReset(paths: DevicePaths): void {
  makeFolders(dirname(paths.resetFile), 0o700);
  writeDurably(paths.resetFile, `${new Date().toISOString()}\n`, 0o600);
}

/**
 * Does the factory reset that was asked for, early at the start of the device: each step takes back its work, the last one
 * first, then what the setup stored goes, the setup code too; the next `setup-code` makes a new one. The request goes last,
 * so a reset that was cut off anywhere is done again. An `undo` that fails is reported and stops nothing.
 *
 * Gives the exit code: 0 done, or nothing was asked for; 1 another process is at work.
 */
export async function runReset(context: AgentContext, options: ResetOptions = {}): Promise<number> {
  const { paths, report } = context;
  if (!existsSync(paths.resetFile)) return 0;
  const lock = takeLock(paths);
  if (lock === undefined) {
    report('the answers are being applied: the reset waits for the next start');
    return 1;
  }
  try {
    const { remove = removeDurably, undoTimeoutMs = 120_000 } = options;
    const setup = storedSetup(context);
    for (const step of context.setups.steps.toReversed()) await undo(context, { step, setup, undoTimeoutMs });
    for (const path of whatToRemove(paths)) remove(path);
    report('the device is as it was before the setup');
    return 0;
  } finally {
    lock.release();
  }
}

/** In this order: the answers stay until all is undone, the request until all is gone. */
function whatToRemove(paths: DevicePaths): readonly string[] {
  return [
    paths.answersFile,
    paths.stampsFolder,
    paths.stampKey,
    paths.eventLog,
    paths.stepLogs,
    paths.fetchFolder,
    paths.completeFile,
    paths.sessionsFile,
    paths.triesFile,
    paths.hotspotFile,
    paths.joinFile,
    // A power cut may have left the unfinished copy of one.
    `${paths.answersFile}.tmp`,
    `${paths.stampKey}.tmp`,
    `${paths.completeFile}.tmp`,
    `${paths.setupCode}.tmp`,
    `${paths.resetFile}.tmp`,
    paths.setupCode,
    paths.resetFile,
  ];
}

/** A damaged store must not keep the device from its reset. */
function storedSetup({ paths, report }: AgentContext): StoredSetup | undefined {
  try {
    return readSetup(paths);
  } catch {
    report('the store of the answers is damaged: the steps are taken back without them');
    return undefined;
  }
}

interface Undo {
  readonly step: SetupStep;
  readonly setup: StoredSetup | undefined;
  readonly undoTimeoutMs: number;
}

async function undo(context: AgentContext, { step, setup, undoTimeoutMs }: Undo): Promise<void> {
  if (step.undo === undefined) return;
  const answers = setup?.answers ?? {};
  const blacken = blackenSecrets(context.setups.topics, answers);
  const limit = new AbortController();
  const { promise: tooLong, reject } = rejectable();
  const timer = setTimeout(() => {
    limit.abort();
    reject(new Error(`not done after ${undoTimeoutMs / 1_000} s`));
  }, undoTimeoutMs);
  const task = makeTask({
    look: context.look,
    step,
    answers,
    artifacts: context.setups.artifacts,
    blacken,
    log: () => {},
    progress: () => {},
    signal: limit.signal,
  });
  try {
    await Promise.race([step.undo(task), tooLong]);
    context.report(`${step.id}: taken back`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    context.report(blacken(`${step.id}: not all could be taken back: ${reason}`));
  } finally {
    clearTimeout(timer);
  }
}

function rejectable(): { readonly promise: Promise<never>; readonly reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<never>((_resolve, fail) => {
    reject = fail;
  });
  return { promise, reject };
}
