import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere } from '../device/look.ts';
import type { DevicePaths } from '../device/paths.ts';
import { makeFolders } from '../files/durable-folder.ts';

export interface Lock {
  readonly release: () => void;
}

const prefix = 'apply-lock.';
const released = 'released\n';

/**
 * Makes this process the only one that applies or resets; undefined while another one is alive. A holder that was killed
 * holds nothing any more. In /run: a restart of the device clears it.
 *
 * Node has no flock. So the lock is the file with the highest number, and tells its process. Who finds that one gone makes
 * the next number by a link, which only one can. A number is never made again while a late comer may still want it:
 * the highest file is never removed.
 */
export function takeLock(paths: DevicePaths): Lock | undefined {
  makeFolders(paths.runFolder, 0o755);
  const highest = highestNumber(paths);
  if (isHeld(paths, highest)) return undefined;
  const own = highest + 1;
  if (!link(paths, own)) return undefined;
  if (highestNumber(paths) !== own) {
    rmSync(placeOf(paths, own), { force: true });
    return undefined;
  }
  for (const old of numbers(paths).filter((number) => number < own))
    rmSync(placeOf(paths, old), { force: true });
  return { release: () => release(paths, own) };
}

/** True while a process is applying the answers or resetting the device. */
export function isApplierAlive(paths: DevicePaths): boolean {
  return isHeld(paths, highestNumber(paths));
}

function numbers(paths: DevicePaths): readonly number[] {
  return readFolder(paths.runFolder)
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .filter(Number.isSafeInteger);
}

function readFolder(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function highestNumber(paths: DevicePaths): number {
  return Math.max(0, ...numbers(paths));
}

function isHeld(paths: DevicePaths, number: number): boolean {
  const holder = readIfThere(placeOf(paths, number))?.trim();
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

function link(paths: DevicePaths, number: number): boolean {
  const temporary = join(paths.runFolder, `.${prefix}${process.pid}`);
  writeFileSync(temporary, `${nameOf(process.pid)}\n`, { mode: 0o600 });
  try {
    linkSync(temporary, placeOf(paths, number));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function release(paths: DevicePaths, number: number): void {
  const temporary = join(paths.runFolder, `.${prefix}${process.pid}`);
  writeFileSync(temporary, released, { mode: 0o600 });
  renameSync(temporary, placeOf(paths, number));
}

function placeOf(paths: DevicePaths, number: number): string {
  return join(paths.runFolder, `${prefix}${number}`);
}
