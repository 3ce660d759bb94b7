import { chmodSync, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import type { StepTask } from '../device/door.ts';
import { makeFolders } from '../files/durable-folder.ts';
import type { DeviceFile } from './device-artifact.ts';
import { noRoom } from './fetch-failure.ts';
import { install, isSameDisk } from './install.ts';
import { openPartial, type Partial, removePartial, removeStrangers } from './partial.ts';
import { type Fetch, receive } from './receive.ts';
import { sha256Of } from './sha256.ts';
import { checkingNote, progressNote } from './texts.ts';

/** A disk that is full to the last byte can not even note what happened. */
const reserveBytes = 32 * 1024 * 1024;

/**
 * Brings the file to its place, whole and checked, or throws a StepFailure. What came in is kept for the next try, also
 * after a power cut. Ends at once when the right file is there.
 */
export async function fetchFile(fetch: Fetch, task: StepTask): Promise<void> {
  const { file, folder, world } = fetch;
  const target = task.path(file.path);
  if (await isRight(target, file, task)) {
    chmodSync(target, file.mode);
    task.log(`${file.path} is there already, SHA-256 ${file.sha256}`);
    removePartial(folder, file);
    return;
  }
  removeStrangers(folder, fetch.wanted);
  const partial = await openPartial(folder, file, world.syncBytes);
  try {
    checkRoom(fetch, partial, target);
    if (partial.lengthBytes() > 0) task.log(`going on after ${partial.lengthBytes()} bytes`);
    await receive({ fetch, partial, task });
    await partial.finish(file.mode);
    task.signal.throwIfAborted();
    await install(partial.path, target, file.mode);
  } catch (error) {
    if (isFull(error)) throw fullDisk(fetch, partial, target);
    throw error;
  } finally {
    await partial.close();
  }
  removePartial(folder, file);
  task.log(`fetched ${file.path}, ${file.sizeBytes} bytes, SHA-256 ${file.sha256}`);
  task.progress(1, progressNote(file.sizeBytes, file.sizeBytes, undefined));
}

async function isRight(target: string, file: DeviceFile, task: StepTask): Promise<boolean> {
  const found = lstatSync(target, { throwIfNoEntry: false });
  if (found?.isFile() !== true || found.size !== file.sizeBytes) return false;
  task.progress(0, checkingNote);
  return (await sha256Of(target, task.signal)) === file.sha256;
}

function checkRoom({ file, folder, world }: Fetch, partial: Partial, target: string): void {
  const refuse = (place: string, neededBytes: number) => {
    const freeBytes = world.freeBytes(place);
    if (freeBytes < neededBytes + reserveBytes)
      throw noRoom(file.name, neededBytes + reserveBytes, freeBytes);
  };
  refuse(folder, missingBytes(file, partial));
  makeFolders(dirname(target), 0o755);
  if (!isSameDisk(folder, dirname(target))) refuse(dirname(target), file.sizeBytes);
}

/** The disk became full meanwhile: that of the partial file, or when this one is whole, that of its place. */
function fullDisk({ file, folder, world }: Fetch, partial: Partial, target: string): Error {
  const missing = missingBytes(file, partial);
  const [place, needed] = missing > 0 ? [folder, missing] : [dirname(target), file.sizeBytes];
  return noRoom(file.name, needed + reserveBytes, world.freeBytes(place));
}

function missingBytes(file: DeviceFile, partial: Partial): number {
  return file.sizeBytes - partial.lengthBytes();
}

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
