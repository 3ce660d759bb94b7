import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { DevicePaths } from '../device/paths.ts';
import { createSynced, type FileSteps, realFileSteps, syncFolderOf } from '../files/durable-file.ts';
import { type StoredSetup, writeSetup } from '../store/setup-store.ts';

/** Everything that changes something on the disk: tests cut the power between any two. */
export interface CardSteps extends FileSteps {
  /** Overwrites a file with zeros where it lies, and waits until they are on the card. */
  readonly blank: (path: string) => void;
  readonly store: (paths: DevicePaths, setup: StoredSetup) => void;
}

export const realCardSteps: CardSteps = { ...realFileSteps, blank: blankFile, store: writeSetup };

export interface CardFile {
  /** As it is written on the card. */
  readonly name: string;
  readonly path: string;
  readonly text: string;
  readonly sha256: string;
  /** A byte order mark of UTF-8 stands before the text. */
  readonly hasMark: boolean;
  /** A power cut ended the overwriting of this file: no text file has zeros. */
  readonly isHalfRemoved: boolean;
}

/** Larger files are none of ours, and would take long to read. */
const sizeLimit = 128 * 1024;

/** True if the FAT partition is there: config.txt always is on it, and not in the empty mount point below. */
export function hasCard(folder: string): boolean {
  return existsSync(join(folder, 'config.txt'));
}

/** Names of the files in the folder that match. FAT keeps capitals, but they make no difference. */
export function namesOnCard(folder: string, pattern: RegExp): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => entry.name)
    .sort();
}

/** Reads a text file (EFBIG: it is too large) as people make them: UTF-8 with or without a byte order mark, or what Windows calls Unicode. */
export function readCardFile(folder: string, name: string): CardFile {
  const path = join(folder, name);
  const { size } = statSync(path);
  if (size > sizeLimit) throw Object.assign(new Error(`${name} is too large`), { code: 'EFBIG' });
  const bytes = readFileSync(path);
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  const text = isUtf16 ? bytes.toString('utf16le') : bytes.toString('utf8');
  return {
    name,
    path,
    text: text.replace(/^\uFEFF/, ''),
    sha256: sha256Of(bytes),
    hasMark: !isUtf16 && text.startsWith('\uFEFF'),
    isHalfRemoved: !isUtf16 && bytes.includes(0),
  };
}

/** Digest of a file's content, as hex. */
export function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * Removes a file with a secret. It is overwritten first: on a FAT file system the same clusters are used. What the
 * card's own controller keeps, nobody can reach from here.
 */
export function removeFromCard(path: string, steps: CardSteps): void {
  steps.blank(path);
  steps.remove(path);
  syncFolderOf(path, steps);
}

/**
 * Puts a new text in the place of a file with a secret. The new text is on the card, under another name, before the old
 * one is overwritten; after a power cut `finishReplacing` goes on.
 */
export function replaceOnCard(path: string, text: string, steps: CardSteps): void {
  createSynced(temporaryOf(path), text, 0o644, steps);
  syncFolderOf(path, steps);
  finishReplacing(path, steps);
}

/** The second half of `replaceOnCard`. */
export function finishReplacing(path: string, steps: CardSteps): void {
  if (existsSync(path)) steps.blank(path);
  steps.rename(temporaryOf(path), path);
  syncFolderOf(path, steps);
}

/** Where the new text waits. */
export function temporaryOf(path: string): string {
  return `${path}.tmp`;
}

function blankFile(path: string): void {
  const file = openSync(path, 'r+');
  try {
    writeSync(file, new Uint8Array(fstatSync(file).size), 0, undefined, 0);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
