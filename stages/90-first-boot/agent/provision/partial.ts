import { constants, promises, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere } from '../device/look.ts';
import { writeDurably } from '../files/durable-file.ts';
import { makeFolders, removeDurably } from '../files/durable-folder.ts';
import { type FetchedArtifact, hexOf } from './device-artifact.ts';

/** Bytes that are wanted, wherever they come from. */
export interface Content {
  /** 64 hex digits. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** What came in of a file so far. It survives a power cut up to the last sync. */
export interface Partial {
  readonly path: string;
  /** Bytes that are there. */
  readonly lengthBytes: () => number;
  readonly append: (bytes: Uint8Array) => Promise<void>;
  /** Brings all to the disk, and notes how much that is. */
  readonly sync: () => Promise<void>;
  /** Forgets all that came in. */
  readonly empty: () => Promise<void>;
  /** Gives the file this mode and brings it to the disk. */
  readonly finish: (mode: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Opens what an earlier try left, or begins anew. After a power cut the end of a file may be zeros that were never written:
 * only what was synced and noted counts. Whether the bytes are right is up to the digest of the whole.
 */
export async function openPartial(folder: string, content: Content, syncBytes: number): Promise<Partial> {
  makeFolders(folder, 0o700);
  const path = partialPath(folder, content);
  const handle = await promises.open(
    path,
    constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW,
    0o600,
  );
  const notePath = syncedPath(folder, content);
  let length = Math.min(await sizeOf(handle), syncedBytes(notePath), content.sizeBytes);
  let synced = length;
  await handle.truncate(length);
  const sync = async () => {
    if (length === synced) return;
    await handle.datasync();
    writeDurably(notePath, `${length}\n`, 0o600);
    synced = length;
  };
  return {
    path,
    lengthBytes: () => length,
    append: async (bytes) => {
      await writeAll(handle, bytes, length);
      length += bytes.length;
      if (length - synced >= syncBytes) await sync();
    },
    sync,
    empty: async () => {
      // The note first: it must never promise more than is there.
      removeDurably(notePath);
      length = 0;
      synced = 0;
      await handle.truncate(0);
    },
    finish: async (mode) => {
      await handle.chmod(mode);
      await handle.sync();
    },
    close: () => handle.close(),
  };
}

/** How many bytes an earlier try left. */
export function keptBytes(folder: string, content: Content): number {
  const size = statSync(partialPath(folder, content), { throwIfNoEntry: false })?.size ?? 0;
  return Math.min(size, syncedBytes(syncedPath(folder, content)), content.sizeBytes);
}

/** Removes what was kept of the file, if anything. */
export function removePartial(folder: string, file: Pick<Content, 'sha256'>): void {
  const left = [syncedPath(folder, file), `${syncedPath(folder, file)}.tmp`, partialPath(folder, file)];
  for (const path of left) removeDurably(path);
}

/** Removes what was kept of what nobody wants any more: another version is fetched now. */
export function removeStrangers(folder: string, wanted: readonly FetchedArtifact[]): void {
  for (const name of namesIn(folder)) {
    const isWanted = wanted.some((artifact) => name.startsWith(hexOf(artifact)));
    if (!isWanted) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The file of what came in. */
export function partialPath(folder: string, { sha256 }: Pick<Content, 'sha256'>): string {
  return join(folder, `${sha256}.part`);
}

function syncedPath(folder: string, { sha256 }: Pick<Content, 'sha256'>): string {
  return join(folder, `${sha256}.synced`);
}

function syncedBytes(path: string): number {
  const text = readIfThere(path)?.trim() ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

async function sizeOf(handle: promises.FileHandle): Promise<number> {
  return (await handle.stat()).size;
}

async function writeAll(handle: promises.FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}
