import { noRoom } from './fetch-failure.ts';
import type { FetchWorld } from './fetch-world.ts';

/** A disk that is full to the last byte can not even note what happened. */
const reserveBytes = 32 * 1024 * 1024;

/** Throws a StepFailure if so many bytes have no room where the folder is. */
export function refuseNoRoom(name: string, folder: string, neededBytes: number, world: FetchWorld): void {
  const freeBytes = world.freeBytes(folder);
  if (freeBytes < neededBytes + reserveBytes) throw noRoom(name, neededBytes + reserveBytes, freeBytes);
}

/** The disk became full meanwhile, with so many bytes still to be written. */
export function fullDisk(name: string, folder: string, missingBytes: number, world: FetchWorld): Error {
  return noRoom(name, missingBytes + reserveBytes, world.freeBytes(folder));
}

/** True for an error that says so of a disk or a quota. */
export function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
