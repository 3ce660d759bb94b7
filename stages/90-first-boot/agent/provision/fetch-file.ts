import { chmodSync, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import type { StepTask } from '../device/door.ts';
import { makeFolders } from '../files/durable-folder.ts';
import type { DeviceFile, FetchedArtifact } from './device-artifact.ts';
import type { FetchWorld } from './fetch-world.ts';
import { install, isSameDisk } from './install.ts';
import { startMeter } from './meter.ts';
import { openPartial, type Partial, removePartial, removeStrangers } from './partial.ts';
import { receive } from './receive.ts';
import { fullDisk, isFull, refuseNoRoom } from './room.ts';
import { sourcesOf } from './search.ts';
import { sha256Of } from './sha256.ts';
import { checkingNote, progressNote } from './texts.ts';

/** What all fetches of a device have in common. */
export interface FetchPlace {
  /** Tried before an artifact's own address. */
  readonly mirrors: readonly string[];
  /** All that may be fetched: parts of anything else are of no use any more. */
  readonly wanted: readonly FetchedArtifact[];
  /** Where partial files lie: a real path, not one of the device. */
  readonly folder: string;
  readonly world: FetchWorld;
}

/** Share of the bar that is for the transfer; the rest is for the check. */
const transferShare = 0.97;

/**
 * Brings the file to its place, whole and checked, or throws a StepFailure. What came in is kept for the next try, also
 * after a power cut. Ends at once when the right file is there.
 */
export async function fetchFile(file: DeviceFile, fetch: FetchPlace, task: StepTask): Promise<void> {
  const { mirrors, folder, world } = fetch;
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
    checkRoom(file, fetch, partial, target);
    if (partial.lengthBytes() > 0) task.log(`going on after ${partial.lengthBytes()} bytes`);
    const sources = sourcesOf(mirrors, file.sha256, { address: file.url });
    const meter = startMeter(task, world, { sizeBytes: file.sizeBytes, share: transferShare });
    await receive({ name: file.name, content: file, sources, partial, meter, world, task });
    await partial.finish(file.mode);
    task.signal.throwIfAborted();
    await install(partial.path, target, file.mode);
  } catch (error) {
    if (!isFull(error)) throw error;
    // That of the partial file, or when this one is whole, that of its place.
    const missing = missingBytes(file, partial);
    if (missing > 0) throw fullDisk(file.name, folder, missing, world);
    throw fullDisk(file.name, dirname(target), file.sizeBytes, world);
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

function checkRoom(file: DeviceFile, { folder, world }: FetchPlace, partial: Partial, target: string): void {
  refuseNoRoom(file.name, folder, missingBytes(file, partial), world);
  makeFolders(dirname(target), 0o755);
  if (!isSameDisk(folder, dirname(target))) refuseNoRoom(file.name, dirname(target), file.sizeBytes, world);
}

function missingBytes(file: DeviceFile, partial: Partial): number {
  return file.sizeBytes - partial.lengthBytes();
}
