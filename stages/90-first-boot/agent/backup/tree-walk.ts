import { type BigIntStats, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A file or folder of a tree. */
export interface TreeEntry {
  /** Below the tree, with /: `cache/1.png`; empty for the tree itself. */
  readonly name: string;
  readonly path: string;
  readonly kind: 'file' | 'folder';
  readonly sizeBytes: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly changedAt: Date;
}

/** All files and folders of a tree, a folder before what is in it. Links and devices are left out, never followed. */
export function* walkTree(root: string, name = ''): Generator<TreeEntry> {
  const path = join(root, name);
  const entry = entryAt(path, name);
  if (entry === undefined) return;
  yield entry;
  if (entry.kind === 'file') return;
  for (const one of namesIn(path)) yield* walkTree(root, name === '' ? one : `${name}/${one}`);
}

/** The size of all files of a tree. */
export function sizeOfTree(root: string): number {
  let sizeBytes = 0;
  for (const entry of walkTree(root)) sizeBytes += entry.kind === 'file' ? entry.sizeBytes : 0;
  return sizeBytes;
}

/** What is removed while the tree is walked is not there: no reason to fail. */
function entryAt(path: string, name: string): TreeEntry | undefined {
  const stats = ifThere(() => lstatSync(path, { bigint: true }));
  if (stats === undefined || !(stats.isFile() || stats.isDirectory())) return undefined;
  return { name, path, kind: stats.isFile() ? 'file' : 'folder', ...detailsOf(stats) };
}

function detailsOf(stats: BigIntStats) {
  return {
    sizeBytes: Number(stats.size),
    mode: Number(stats.mode) & 0o777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    changedAt: new Date(Number(stats.mtimeMs)),
  };
}

function namesIn(path: string): readonly string[] {
  return ifThere(() => readdirSync(path).sort()) ?? [];
}

function ifThere<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
