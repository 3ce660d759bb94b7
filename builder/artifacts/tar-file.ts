import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Pack } from 'tar-stream';

/** What a tar says of a file, the same on every machine. */
export type FileHeader = ReturnType<typeof fileHeader>;

/** A file of root's. */
export function fileHeader(name: string, mode: number, mtime: Date) {
  return { name, mode, mtime, uid: 0, gid: 0, uname: '', gname: '', type: 'file' as const };
}

/** Adds a file of the disk to a tar, a piece at a time. */
export async function addFile(
  tar: Pack,
  header: FileHeader,
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  const entry = tar.entry({ ...header, size: (await stat(file)).size });
  await pipeline(createReadStream(file), entry, { signal });
}
