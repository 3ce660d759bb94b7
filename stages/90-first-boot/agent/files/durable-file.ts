import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** The calls that a durable write makes, in the order in which it makes them: tests cut the power between any two. */
export interface FileSteps {
  readonly remove: (path: string) => void;
  /** Opens a new file for writing; fails if it is there. */
  readonly create: (path: string, mode: number) => number;
  readonly openFolder: (path: string) => number;
  readonly write: (handle: number, text: string) => void;
  readonly sync: (handle: number) => void;
  readonly close: (handle: number) => void;
  readonly rename: (from: string, to: string) => void;
}

export const realFileSteps: FileSteps = {
  remove: (path) => rmSync(path, { force: true }),
  create: (path, mode) =>
    openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode),
  openFolder: (path) => openSync(path, constants.O_RDONLY | constants.O_DIRECTORY),
  write: (handle, text) => writeFileSync(handle, text),
  sync: fsyncSync,
  close: closeSync,
  rename: renameAndSync,
};

/**
 * Writes a small file so that after a power cut at any moment the path holds the old content or the new one, never
 * part of it. When this returns, the new content is on the disk. The folder must exist.
 */
export function writeDurably(
  path: string,
  text: string,
  mode: number,
  steps: FileSteps = realFileSteps,
): void {
  // One fixed name: what an earlier power cut left behind is replaced, and does not pile up.
  const temporary = `${path}.tmp`;
  createSynced(temporary, text, mode, steps);
  steps.rename(temporary, path);
  syncFolderOf(path, steps);
}

/** Writes a new file in the place of any old one, and waits until its content is on the disk; its name may not be yet. */
export function createSynced(path: string, text: string, mode: number, steps: FileSteps): void {
  steps.remove(path);
  const file = steps.create(path, mode);
  try {
    steps.write(file, text);
    steps.sync(file);
  } finally {
    steps.close(file);
  }
}

/** Waits until the folder of a file knows of its last change. */
export function syncFolderOf(path: string, steps: FileSteps): void {
  const folder = steps.openFolder(dirname(path));
  try {
    steps.sync(folder);
  } finally {
    steps.close(folder);
  }
}

/**
 * FAT keeps size and place of a file in its entry of the folder. Linux makes the new entry empty and fills it when the
 * file is synced: without that, a power cut left an empty file under the new name (seen with Linux 7.3).
 */
function renameAndSync(from: string, to: string): void {
  renameSync(from, to);
  const file = openSync(to, constants.O_RDONLY);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
