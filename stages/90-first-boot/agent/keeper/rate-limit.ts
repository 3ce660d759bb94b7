import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { readIfThere } from '../device/look.ts';
import { writeDurably } from '../files/durable-file.ts';

/** Wrong secrets that were shown lately. Kept in a file: a keeper that starts anew must not forget them. */
export interface Tries {
  /** Seconds until this address may try again; 0: now. */
  readonly waitSeconds: (address: string) => number;
  /**
   * Counts a wrong try. Count before a check that takes time, or many at once slip through; the function that comes back
   * takes it back.
   */
  readonly count: (address: string) => () => void;
}

interface WrongTry {
  readonly address: string;
  /** Milliseconds since the start of the device. */
  readonly atMs: number;
}

const windowMs = 15 * 60_000;
const limitOfAddress = 10;
/** In one network addresses are free: somebody who takes another one for each try meets this one. */
const limitOfAll = 30;

/**
 * Tries in this file. Times are those since the start of the device, as a wall clock may jump and the file goes with the
 * power. Throws if the file is damaged: then nobody gets in.
 */
export function openTries(file: string, uptimeMs: () => number): Tries {
  const recent = (): readonly WrongTry[] => {
    const since = uptimeMs() - windowMs;
    return readTries(file).filter((one) => one.atMs > since);
  };
  return {
    waitSeconds: (address) => {
      const all = recent();
      const waitMs = Math.max(
        waitOf(all, limitOfAll),
        waitOf(
          all.filter((one) => one.address === address),
          limitOfAddress,
        ),
      );
      return waitMs === 0 ? 0 : Math.max(1, Math.ceil((waitMs - uptimeMs()) / 1000));
    },
    count: (address) => {
      const wrong: WrongTry = { address, atMs: uptimeMs() };
      writeTries(file, [...recent(), wrong]);
      return () => {
        const all = [...recent()];
        const at = all.findIndex((one) => one.address === address && one.atMs === wrong.atMs);
        if (at >= 0) writeTries(file, all.toSpliced(at, 1));
      };
    },
  };
}

/** When enough tries are over for another one, in ms since the start; 0: already. */
function waitOf(tries: readonly WrongTry[], limit: number): number {
  const last = tries.at(-limit);
  return last === undefined ? 0 : last.atMs + windowMs;
}

function readTries(file: string): readonly WrongTry[] {
  const text = readIfThere(file);
  return text === undefined ? [] : (JSON.parse(text) as readonly WrongTry[]);
}

function writeTries(file: string, tries: readonly WrongTry[]): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  writeDurably(file, JSON.stringify(tries), 0o600);
}
