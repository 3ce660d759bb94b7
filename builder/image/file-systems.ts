import { readdir } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { runInSandbox } from '../host/sandbox.ts';
import type { ToolsTree } from '../host/tools-tree.ts';
import { blockBytes, bytesPerInode, journalBytes } from './layout.ts';
import { sectorBytes } from './partition-table.ts';

export interface FileSystemTarget {
  readonly tools: ToolsTree;
  /** The disk image, already of its full size. */
  readonly image: string;
  /** Folder that holds the image. */
  readonly folder: string;
  readonly startBytes: number;
  readonly sizeBytes: number;
  readonly epochSeconds: number;
}

/**
 * Writes ext4 from the stream of a tar into its place in the image. Owners, modes and devices come from the tar, so it needs no root.
 * Reproducible by e2fsprogs 1.47.1 and newer: fixed UUID and hash seed, times from SOURCE_DATE_EPOCH. Only the last -E
 * counts, so there is one.
 */
export async function writeExt4(
  target: FileSystemTarget,
  options: { tar: Readable; uuid: string; hashSeed: string },
): Promise<void> {
  await runInSandbox({
    command: [
      'mke2fs',
      ...['-q', '-F', '-t', 'ext4', '-L', 'rootfs', '-b', String(blockBytes), '-m', '1'],
      ...['-i', String(bytesPerInode), '-I', '256', '-J', `size=${journalBytes / 1024 / 1024}`],
      ...['-U', options.uuid, '-d', '-'],
      '-E',
      `offset=${target.startBytes},hash_seed=${options.hashSeed},root_owner=0:0,lazy_itable_init=0,nodiscard`,
      target.image,
      String(target.sizeBytes / blockBytes),
    ],
    tools: target.tools,
    binds: [{ path: target.folder, writable: true }],
    input: options.tar,
    env: { SOURCE_DATE_EPOCH: String(target.epochSeconds) },
  });
}

/** Writes FAT32 with the files of a folder into its place in the image. */
export async function writeFat(
  target: FileSystemTarget,
  options: { source: string; volumeId: string; label: string },
): Promise<void> {
  const environment = { SOURCE_DATE_EPOCH: String(target.epochSeconds), MTOOLS_SKIP_CHECK: '1' };
  const sandbox = {
    tools: target.tools,
    binds: [{ path: target.folder, writable: true }, { path: options.source }],
    env: environment,
  };
  await runInSandbox({
    ...sandbox,
    command: [
      'mkfs.vfat',
      ...['--invariant', '-F', '32', '-n', options.label, '-i', options.volumeId],
      ...['--offset', String(target.startBytes / sectorBytes), '-h', String(target.startBytes / sectorBytes)],
      target.image,
      String(target.sizeBytes / 1024),
    ],
  });
  const drive = ['-i', `${target.image}@@${target.startBytes}`];
  for (const [folder, files] of await filesByFolder(options.source)) {
    if (folder !== '') await runInSandbox({ ...sandbox, command: ['mmd', ...drive, `::${folder}`] });
    if (files.length === 0) continue;
    const sources = files.map((file) => `${options.source}${file}`);
    await runInSandbox({
      ...sandbox,
      command: ['mcopy', ...drive, '-p', '-m', '-Q', ...sources, `::${folder}/`],
    });
  }
}

/**
 * The files of each folder, sorted, as `/a/b`; the top folder is '', and a folder comes before those in it. mcopy -s would
 * take the order in which the host's file system lists them.
 */
async function filesByFolder(source: string, folder = ''): Promise<[folder: string, files: string[]][]> {
  const entries = await readdir(source + folder, { withFileTypes: true });
  const names = (isFolder: boolean) =>
    entries
      .filter((entry) => entry.isDirectory() === isFolder)
      .map((entry) => `${folder}/${entry.name}`)
      .sort();
  const below = await Promise.all(names(true).map(async (name) => await filesByFolder(source, name)));
  return [[folder, names(false)], ...below.flat()];
}
