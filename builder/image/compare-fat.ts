import { lstat, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { runInSandbox } from '../host/sandbox.ts';
import type { ToolsTree } from '../host/tools-tree.ts';
import type { FileEntry } from './compare-entries.ts';

/** Copies all files of a FAT partition to an empty folder, by mtools, and lists them. */
export async function listFat(
  tools: ToolsTree,
  options: { image: string; startBytes: number; folder: string },
): Promise<Map<string, FileEntry>> {
  const { image, startBytes, folder } = options;
  await mkdir(folder, { recursive: true });
  const sandbox = {
    tools,
    binds: [{ path: dirname(image) }, { path: folder, writable: true }],
    env: { MTOOLS_SKIP_CHECK: '1' },
  };
  const drive = ['-i', `${image}@@${startBytes}`];
  const { stdout } = await runInSandbox({ ...sandbox, command: ['mdir', '-/', '-b', '-a', ...drive, '::'] });
  const places = placesIn(stdout);
  const files = new Map<string, FileEntry>();
  // mcopy takes "no files" for an error.
  if (places.size === 0) return files;
  await runInSandbox({ ...sandbox, command: ['mcopy', ...drive, '-s', '-n', '-m', '-Q', '::*', folder] });
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const { facts, ...entry } = await describe(`${folder}/${name}`);
    const place = places.get(`/${name}`) ?? 'unknown';
    files.set(`/${name}`, { ...entry, facts: { ...facts, 'place in its folder': place } });
  }
  return files;
}

/** The output of `mdir -/ -b`: paths in the order of the disk, folders with a slash at the end. Places count from 1. */
export function placesIn(listing: string): Map<string, string> {
  const counted = new Map<string, number>();
  const places = new Map<string, string>();
  for (const line of listing.split('\n')) {
    const path = line.trim().replace(/^::/, '').replace(/\/$/, '');
    if (path === '') continue;
    const place = (counted.get(dirname(path)) ?? 0) + 1;
    counted.set(dirname(path), place);
    places.set(path, String(place));
  }
  return places;
}

/** FAT knows no owners and no modes, and times of two seconds. */
async function describe(path: string): Promise<FileEntry> {
  const info = await lstat(path);
  const mtime = info.mtime.toISOString().replace('.000Z', 'Z');
  if (info.isDirectory()) return { facts: { type: 'folder', mtime }, sizeBytes: 0, read: undefined };
  const content = await readFile(path);
  return {
    facts: { type: 'file', mtime },
    sizeBytes: content.length,
    read: (offset, length) => content.subarray(offset, offset + length),
  };
}
