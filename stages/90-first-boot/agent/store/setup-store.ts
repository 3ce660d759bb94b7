import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { readIfThere } from '../device/look.ts';
import type { DevicePaths } from '../device/paths.ts';
import type { Phase } from '../door/protocol.ts';
import { writeDurably } from '../files/durable-file.ts';
import type { TopicAnswer } from '../setup/define.ts';

/** An answer and where it came from. */
export type StoredAnswer = TopicAnswer & { readonly from: 'page' | 'card' };

/** /var/lib/hearth/answers.json, only for root. Written by the keeper, and before it starts by the card import. */
export interface StoredSetup {
  /** Somebody has shown the code, or a file on the card answered everything. */
  readonly isClaimed: boolean;
  /** The answers are to be applied: the applier goes on at each start until it is done. */
  readonly isWanted: boolean;
  /** Failed optional steps that the owner goes on without. */
  readonly skippedSteps: readonly string[];
  readonly answers: Readonly<Record<string, StoredAnswer>>;
  /** Files of the card that were taken over: name, and the sha256 it may have since. Written by the card import only. */
  readonly cardFiles?: Readonly<Record<string, readonly string[]>>;
}

export const emptySetup: StoredSetup = { isClaimed: false, isWanted: false, skippedSteps: [], answers: {} };

/** Reads the store. It is written whole or not at all, so anything else than our JSON is a failing card: throws. */
export function readSetup(paths: DevicePaths): StoredSetup {
  const text = readIfThere(paths.answersFile);
  return text === undefined ? emptySetup : { ...emptySetup, ...parse(text, paths.answersFile) };
}

/** The parser's own message would quote the file, and with it passwords. */
function parse(text: string, path: string): Partial<StoredSetup> {
  try {
    return JSON.parse(text) as Partial<StoredSetup>;
  } catch {
    throw new Error(`${path} is damaged: the card may be failing`);
  }
}

/** Replaces the store; it is on the disk when this returns. */
export function writeSetup(paths: DevicePaths, setup: StoredSetup): void {
  mkdirSync(dirname(paths.answersFile), { recursive: true, mode: 0o700 });
  writeDurably(paths.answersFile, `${JSON.stringify(setup, null, 2)}\n`, 0o600);
}

/** Where the device stands. The applier makes `completeFile`, a factory reset `resetFile`. */
export function phaseOf(paths: DevicePaths): Phase {
  if (existsSync(paths.resetFile)) return 'resetting';
  if (existsSync(paths.completeFile)) return 'complete';
  const setup = readSetup(paths);
  if (!setup.isClaimed) return 'unclaimed';
  return setup.isWanted ? 'applying' : 'asking';
}
