import { lstatSync } from 'node:fs';
import { readIfThere } from '../device/look.ts';

/** True for an archive that was written here and has its size still. What is in it, its name says, and k3s checks it. */
export function isArchiveMade(target: string): boolean {
  const found = lstatSync(target, { throwIfNoEntry: false });
  return found?.isFile() === true && found.size === Number(readIfThere(noteOf(target)));
}

/** All that may be there of the archive. */
export function archivePaths(path: string): readonly string[] {
  return [path, noteOf(path), draftOf(path)];
}

/** Where it is written: k3s goes by the ending of a name, and passes over this one. */
export function draftOf(path: string): string {
  return `${path}.hearth-new`;
}

/** The file that tells how large the archive is, since it was whole. */
export function noteOf(path: string): string {
  return `${path}.made`;
}
