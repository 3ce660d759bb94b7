import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere } from '../device/look.ts';
import type { DevicePaths } from '../device/paths.ts';
import { makeFolders } from '../files/durable-folder.ts';

/** `apply`: applying or resetting. `backup`: making, trying or bringing back a backup. */
export type LockKind = 'apply' | 'backup';

export interface Lock {
  readonly release: () => void;
}

const released = 'released\n';

/**
 * Makes this process the only one that applies or resets; undefined while another one is alive. A holder that was killed
 * holds nothing any more. In /run: a restart of the device clears it.
 *
 * Node has no flock. So the lock is the file with the highest number, and tells its process. Who finds that one gone makes
 * the next number by a link, which only one can. A number is never made again while a late comer may still want it:
 * the highest file is never removed.
 */
export function takeLock({ runFolder }: DevicePaths, kind: LockKind = 'apply'): Lock | undefined {
  makeFolders(runFolder, 0o755);
  const files = { runFolder, prefix: `${kind}-lock.` };
  const highest = highestNumber(files);
  if (isHeld(files, highest)) return undefined;
  const own = highest + 1;
  if (!link(files, own)) return undefined;
  if (highestNumber(files) !== own) {
    rmSync(placeOf(files, own), { force: true });
    return undefined;
  }
  for (const old of numbers(files).filter((number) => number < own))
    rmSync(placeOf(files, old), { force: true });
  return { release: () => release(files, own) };
}

/** True while a process is applying the answers or resetting the device. */
export function isApplierAlive({ runFolder }: DevicePaths): boolean {
  const files = { runFolder, prefix: 'apply-lock.' };
  return isHeld(files, highestNumber(files));
}

interface LockFiles {
  readonly runFolder: string;
  readonly prefix: string;
}

function numbers(files: LockFiles): readonly number[] {
  return readFolder(files.runFolder)
    .filter((name) => name.startsWith(files.prefix))
    .map((name) => Number(name.slice(files.prefix.length)))
    .filter(Number.isSafeInteger);
}

function readFolder(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function highestNumber(files: LockFiles): number {
  return Math.max(0, ...numbers(files));
}

function isHeld(files: LockFiles, number: number): boolean {
  const holder = readIfThere(placeOf(files, number))?.trim();
  if (holder === undefined || holder === released.trim()) return false;
  const [pid] = holder.split(' ');
  return holder === nameOf(Number(pid));
}

/** A process number is used again one day, so its start time belongs to the name. */
function nameOf(pid: number): string | undefined {
  try {
    // Of the running system, also for a device in a folder: processes are not of its files.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...rest] = fields.slice(fields.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : `${pid} ${rest[18]}`;
  } catch {
    return undefined;
  }
}

function link(files: LockFiles, number: number): boolean {
  const temporary = join(files.runFolder, `.${files.prefix}${process.pid}`);
  writeFileSync(temporary, `${nameOf(process.pid)}\n`, { mode: 0o600 });
  try {
    linkSync(temporary, placeOf(files, number));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function release(files: LockFiles, number: number): void {
  const temporary = join(files.runFolder, `.${files.prefix}${process.pid}`);
  writeFileSync(temporary, released, { mode: 0o600 });
  renameSync(temporary, placeOf(files, number));
}

function placeOf(files: LockFiles, number: number): string {
  return join(files.runFolder, `${files.prefix}${number}`);
}
