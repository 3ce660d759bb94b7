import { createHash } from 'node:crypto';
import { chmodSync, chownSync, constants, mkdirSync, promises } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Readable, promises as streams } from 'node:stream';
import { extract, type Header } from 'tar-stream';
import {
  type BackedUpFile,
  type BackupHeader,
  headerName,
  manifestName,
  parseHeader,
  parseManifest,
} from './manifest.ts';

export interface UnpackOptions {
  /** Folder of the host, made by the caller, that gets what is wanted. */
  readonly folder: string;
  /** Which files and folders are written, by their names in the archive. All are read and compared. */
  readonly isWanted: (name: string, header: BackupHeader) => boolean;
  readonly signal: AbortSignal;
  readonly onBytes?: (readBytes: number) => void;
}

/** Something in the archive is not as it was written. */
export class DamagedBackup extends Error {
  override readonly name = 'DamagedBackup';
}

/**
 * Reads an archive to its end, writes what is wanted, and compares every file with the list at the end. Throws
 * DamagedBackup if anything is missing, too much or different; what was written till then is of no use.
 */
export async function unpackBackup(source: Readable, options: UnpackOptions): Promise<BackupHeader> {
  const entries = extract();
  let readBytes = 0;
  source.on('data', (piece: Buffer) => {
    readBytes += piece.length;
    options.onBytes?.(readBytes);
  });
  const fed = streams.pipeline(source, entries, { signal: options.signal });
  // The loop below sees the same error.
  fed.catch(() => {});
  const found = new Map<string, BackedUpFile>();
  let header: BackupHeader | undefined;
  let listed: readonly BackedUpFile[] | undefined;
  for await (const entry of entries) {
    const { name = '' } = entry.header;
    if (listed !== undefined) throw new DamagedBackup('there is something behind its end');
    if (header === undefined) header = await readHeader(entry);
    else if (name === manifestName) listed = parseManifest(await readText(entry)).files;
    else await unpackEntry(entry, header, { options, found });
  }
  await fed;
  if (header === undefined || listed === undefined) throw new DamagedBackup('its end is missing');
  compare(listed, found);
  return header;
}

/** Reads only the head and the files with these names, which must be the first. The rest is not looked at. */
export async function readFirst(
  source: Readable,
  name: string,
): Promise<{ readonly header: BackupHeader; readonly text: string }> {
  const entries = extract();
  const fed = streams.pipeline(source, entries);
  fed.catch(() => {});
  let header: BackupHeader | undefined;
  try {
    for await (const entry of entries) {
      if (header === undefined) header = await readHeader(entry);
      else if (entry.header.name === name) return { header, text: await readText(entry) };
      else if (entry.header.type === 'directory') entry.resume();
      else break;
    }
  } finally {
    source.destroy();
  }
  throw new DamagedBackup(`${name} is missing`);
}

type Entry = AsyncIterable<unknown> & { readonly header: Header; readonly resume: () => unknown };

interface Unpacking {
  readonly options: UnpackOptions;
  readonly found: Map<string, BackedUpFile>;
}

async function readHeader(entry: Entry): Promise<BackupHeader> {
  if (entry.header.name !== headerName) throw new DamagedBackup('it is no backup of Hearth');
  return parseHeader(await readText(entry));
}

async function unpackEntry(entry: Entry, header: BackupHeader, { options, found }: Unpacking): Promise<void> {
  const name = safeName(entry.header, header);
  const path = options.isWanted(name, header) ? join(options.folder, name) : undefined;
  if (entry.header.type === 'directory') {
    if (path !== undefined) makeFolder(path, entry.header);
    entry.resume();
    return;
  }
  if (found.has(name)) throw new DamagedBackup('a file is in it twice');
  found.set(name, await readFileOf(entry, name, path));
}

/** The archive may come from anywhere: nothing in it may lead out of the folder, or be anything but a file or folder. */
function safeName({ name, type }: Header, header: BackupHeader): string {
  const plain = name.replace(/\/$/, '');
  const steps = plain.split('/');
  const isPlain = steps.every((one) => one !== '' && one !== '.' && one !== '..' && !one.includes('\0'));
  if (!isPlain || !header.parts.includes(steps[0] ?? ''))
    throw new DamagedBackup('a name in it leads elsewhere');
  if (type !== 'file' && type !== 'directory') throw new DamagedBackup('there is a strange entry in it');
  return plain;
}

async function readFileOf(entry: Entry, name: string, path: string | undefined): Promise<BackedUpFile> {
  const digest = createHash('sha256');
  let sizeBytes = 0;
  const handle = path === undefined ? undefined : await createAt(path);
  try {
    for await (const piece of entry as AsyncIterable<Buffer>) {
      digest.update(piece);
      sizeBytes += piece.length;
      await handle?.writeFile(piece);
    }
  } finally {
    await handle?.close();
  }
  if (path !== undefined) giveOwner(path, entry.header);
  return { name, sizeBytes, sha256: digest.digest('hex') };
}

async function createAt(path: string): Promise<promises.FileHandle> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  return await promises.open(path, flags, 0o600);
}

function makeFolder(path: string, head: Header): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  giveOwner(path, head);
}

/** By number: the names may be others on this device. Never a mode that lends rights. */
function giveOwner(path: string, { uid = 0, gid = 0, mode = 0o600 }: Header): void {
  if (process.geteuid?.() === 0) chownSync(path, uid, gid);
  chmodSync(path, mode & 0o777);
}

async function readText(entry: Entry): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of entry as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

function compare(listed: readonly BackedUpFile[], found: ReadonlyMap<string, BackedUpFile>): void {
  for (const { name, sizeBytes, sha256 } of listed) {
    const file = found.get(name);
    if (file === undefined) throw new DamagedBackup(`${name} is missing`);
    if (file.sha256 !== sha256 || file.sizeBytes !== sizeBytes)
      throw new DamagedBackup(`${name} is not as it was`);
  }
  if (listed.length !== found.size) throw new DamagedBackup('there is more in it than its list says');
}
