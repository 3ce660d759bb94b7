import { copyFileSync, promises, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolders, removeDurably, syncFolder } from '../files/durable-folder.ts';

/**
 * Puts a finished file in its place: after a power cut there is the whole file or none. The place may be on another disk,
 * then it is copied there first.
 */
export async function install(from: string, to: string, mode: number): Promise<void> {
  makeFolders(dirname(to), 0o755);
  if (isSameDisk(dirname(from), dirname(to))) {
    renameSync(from, to);
    syncFolder(dirname(to));
    syncFolder(dirname(from));
    return;
  }
  const copy = `${to}.hearth-new`;
  rmSync(copy, { force: true });
  try {
    copyFileSync(from, copy);
    await finish(copy, mode);
    renameSync(copy, to);
  } catch (error) {
    rmSync(copy, { force: true });
    throw error;
  }
  syncFolder(dirname(to));
  removeDurably(from);
}

/** Tells whether two folders are on one disk, so that a file can be moved without a copy. */
export function isSameDisk(one: string, other: string): boolean {
  return statSync(one).dev === statSync(other).dev;
}

async function finish(path: string, mode: number): Promise<void> {
  const handle = await promises.open(path, 'r+');
  try {
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
