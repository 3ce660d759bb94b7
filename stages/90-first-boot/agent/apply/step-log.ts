import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { DevicePaths } from '../device/paths.ts';
import { makeFolders } from '../files/durable-folder.ts';
import type { Blacken } from './blacken.ts';

/** What one step says, in its file. */
export interface StepLog {
  /** Adds lines, secrets blackened. A full disk is no reason to stop a step: then they are lost. */
  readonly write: (text: string) => void;
  readonly close: () => void;
}

export const maxStepLogBytes = 256 * 1024;
const maxLineLength = 8 * 1024;
/** What is kept of a log that has become too big. */
const keptBytes = maxStepLogBytes / 2;

/** The file of a step's log. */
export function stepLogFile(paths: DevicePaths, stepId: string): string {
  return join(paths.stepLogs, `${stepId}.log`);
}

/**
 * Opens the log of a step to add to it. At most 256 KiB are kept, the newest. Only for root. If that is not possible (a
 * full disk), the lines are lost.
 */
export function openStepLog(paths: DevicePaths, stepId: string, blacken: Blacken): StepLog {
  try {
    return openFile(paths, stepId, blacken);
  } catch {
    return { write: () => {}, close: () => {} };
  }
}

function openFile(paths: DevicePaths, stepId: string, blacken: Blacken): StepLog {
  makeFolders(paths.stepLogs, 0o700);
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
  const handle = openSync(stepLogFile(paths, stepId), flags, 0o600);
  let isOpen = true;
  let sizeBytes = fstatSync(handle).size;
  const add = (bytes: Buffer) => {
    if (sizeBytes + bytes.length > maxStepLogBytes) sizeBytes = keepNewest(handle, sizeBytes);
    sizeBytes += writeSync(handle, bytes, 0, bytes.length, sizeBytes);
  };
  return {
    write: (text) => {
      if (!isOpen) return;
      try {
        // Before a line is cut: half a secret would not be found.
        for (const line of blacken(text).trimEnd().split('\n')) add(Buffer.from(`${cut(line)}\n`));
      } catch {}
    },
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      fsyncSync(handle);
      closeSync(handle);
    },
  };
}

function cut(line: string): string {
  return line.length > maxLineLength ? `${line.slice(0, maxLineLength)} …` : line;
}

function keepNewest(handle: number, sizeBytes: number): number {
  const tail = Buffer.alloc(Math.min(keptBytes, sizeBytes));
  readSync(handle, tail, 0, tail.length, sizeBytes - tail.length);
  const kept = tail.subarray(tail.indexOf('\n') + 1);
  ftruncateSync(handle, 0);
  return writeSync(handle, kept, 0, kept.length, 0);
}
