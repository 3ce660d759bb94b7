import { createHash, type Hash } from 'node:crypto';
import { constants, promises } from 'node:fs';
import { Readable, promises as streams } from 'node:stream';
import { pack as newPack, type Pack } from 'tar-stream';
import type { BackedUpFile, BackupHeader } from './manifest.ts';
import { headerName, manifestName } from './manifest.ts';
import { type TreeEntry, walkTree } from './tree-walk.ts';

/** Folder of the host whose content goes into the archive below a name. */
export interface PackedFolder {
  /** `postgres`, `mastodon/media` */
  readonly name: string;
  readonly path: string;
}

export interface ArchiveContent {
  readonly header: BackupHeader;
  readonly folders: readonly PackedFolder[];
}

/**
 * The archive of a backup as a stream: head, files of all folders, and at the end the list with the digest of each file.
 * Files are read while the stream is read, one at a time, in pieces. One that grows meanwhile gets as many bytes as it had.
 */
export function packBackup({ header, folders }: ArchiveContent): Readable {
  const pack = newPack();
  fill(pack, header, folders).catch((error: Error) => pack.destroy(error));
  return Readable.from(pack as AsyncIterable<Buffer>, { objectMode: false });
}

async function fill(pack: Pack, header: BackupHeader, folders: readonly PackedFolder[]): Promise<void> {
  addText(pack, headerName, header);
  const files: BackedUpFile[] = [];
  for (const { name, path } of folders)
    for (const entry of walkTree(path)) {
      const full = [name, entry.name].filter(Boolean).join('/');
      if (entry.kind === 'folder') pack.entry({ ...headOf(entry), name: full, type: 'directory' });
      else files.push(...(await addFile(pack, full, entry)));
    }
  addText(pack, manifestName, { format: 1, files });
  pack.finalize();
}

function addText(pack: Pack, name: string, value: object): void {
  pack.entry({ name, mode: 0o600, mtime: new Date(0) }, `${JSON.stringify(value, null, 2)}\n`);
}

function headOf({ mode, uid, gid, changedAt }: TreeEntry) {
  return { mode, uid, gid, mtime: changedAt };
}

/** Nothing if the file is gone by now. */
async function addFile(pack: Pack, name: string, entry: TreeEntry): Promise<readonly BackedUpFile[]> {
  const handle = await openIfThere(entry.path);
  if (handle === undefined) return [];
  try {
    const { size } = await handle.stat();
    const digest = createHash('sha256');
    const pieces = digested(exactly(handle, size), digest);
    await streams.pipeline(pieces, pack.entry({ ...headOf(entry), name, size }));
    return [{ name, sizeBytes: size, sha256: digest.digest('hex') }];
  } finally {
    await handle.close();
  }
}

/** A link that somebody put in the place of the file is not followed. */
async function openIfThere(path: string): Promise<promises.FileHandle | undefined> {
  try {
    return await promises.open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ELOOP') return undefined;
    throw error;
  }
}

async function* digested(pieces: AsyncIterable<Buffer>, digest: Hash): AsyncGenerator<Buffer> {
  for await (const piece of pieces) {
    digest.update(piece);
    yield piece;
  }
}

const pieceBytes = 256 * 1024;

/** So many bytes of the file; zeros for those that are cut off meanwhile. */
async function* exactly(handle: promises.FileHandle, sizeBytes: number): AsyncGenerator<Buffer> {
  let at = 0;
  while (at < sizeBytes) {
    const wanted = Math.min(pieceBytes, sizeBytes - at);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(wanted), 0, wanted, at);
    at += bytesRead === 0 ? wanted : bytesRead;
    yield bytesRead === 0 ? buffer : buffer.subarray(0, bytesRead);
  }
}
