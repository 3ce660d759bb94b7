import { chmodSync, closeSync, constants, existsSync, fsyncSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/** Brings what was made, renamed or removed in a folder to the disk. */
export function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Makes a folder and those above it that are not there, each with just this mode, whatever the umask is. */
export function makeFolders(path: string, mode: number): void {
  if (existsSync(path)) return;
  makeFolders(dirname(path), mode);
  mkdirSync(path, { mode });
  chmodSync(path, mode);
  syncFolder(dirname(path));
}

/** Removes a file, or a folder with all in it, if it is there. Links are removed, not followed. */
export function removeDurably(path: string): void {
  if (!existsSync(dirname(path))) return;
  rmSync(path, { recursive: true, force: true });
  syncFolder(dirname(path));
}
