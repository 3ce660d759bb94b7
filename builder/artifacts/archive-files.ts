import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { withDecompressed, type ZstdOptions } from './zstd.ts';

/** A file in a tar. */
export interface ArchiveFile {
  /** `sha256:HEX` of its bytes. */
  readonly digest: string;
  readonly sizeBytes: number;
  /** The bytes as text, if it is small and looks like JSON. */
  readonly text: string | undefined;
}

/** What is in a tar, by path. */
export interface ArchiveFiles {
  readonly files: ReadonlyMap<string, ArchiveFile>;
  /** Path of a link to the path that it means. */
  readonly links: ReadonlyMap<string, string>;
}

/** An entry of a tar while it comes by. */
export interface TarEntry extends AsyncIterable<unknown> {
  readonly header: Header;
}

/** Reads every file of a tar (plain, gzip or zstd) once, and remembers digests and small texts. */
export async function readArchiveFiles(file: string, options: ZstdOptions): Promise<ArchiveFiles> {
  const files = new Map<string, ArchiveFile>();
  const links = new Map<string, string>();
  await forEachEntry(file, options, async (path, entry) => {
    const { type, linkname } = entry.header;
    if (type === 'file' || type === 'contiguous-file') files.set(path, await readFileEntry(entry));
    else if (type === 'symlink') links.set(path, posix.join(posix.dirname(path), linkname ?? ''));
    else if (type === 'link') links.set(path, posix.normalize(linkname ?? ''));
  });
  return { files, links };
}

/** Hands each entry of a tar to `visit`, which may leave it unread. Paths have no leading `./`. */
export async function forEachEntry(
  file: string,
  options: ZstdOptions,
  visit: (path: string, entry: TarEntry) => Promise<void>,
): Promise<void> {
  const read = async (content: Readable) => {
    const input = extract();
    // Not node's pipeline: it takes the end of tar-stream's iteration for a broken stream.
    content.on('error', (error) => input.destroy(error));
    content.pipe(input as unknown as NodeJS.WritableStream);
    for await (const entry of input) {
      await visit(posix.normalize(entry.header.name).replace(/\/$/, ''), entry);
      entry.resume();
    }
  };
  const compression = await compressionOf(file);
  if (compression === 'zstd') await withDecompressed(file, options, read);
  else await read(compression === 'gzip' ? gunzipped(file) : createReadStream(file));
}

/** How a file is compressed, by its first bytes. */
export async function compressionOf(file: string): Promise<'zstd' | 'gzip' | 'none'> {
  const handle = await open(file, 'r');
  try {
    const first = Buffer.alloc(4);
    await handle.read(first, 0, 4, 0);
    if (first.readUInt32BE(0) === 0x28b52ffd) return 'zstd';
    return first.readUInt16BE(0) === 0x1f8b ? 'gzip' : 'none';
  } finally {
    await handle.close();
  }
}

/** Follows links from a path to the path of a file; undefined if there is none. */
export function resolvePath({ files, links }: ArchiveFiles, path: string): string | undefined {
  let current = posix.normalize(path);
  // Links that go round in a circle end too.
  for (let steps = 0; steps <= links.size; steps++) {
    if (files.has(current)) return current;
    const next = links.get(current);
    if (next === undefined) return undefined;
    current = next;
  }
  return undefined;
}

/** Longer files are layers, whatever they begin with. */
const longestTextBytes = 4 * 1024 ** 2;

async function readFileEntry(entry: TarEntry): Promise<ArchiveFile> {
  const hash = createHash('sha256');
  const kept: Buffer[] = [];
  let sizeBytes = 0;
  let isText = (entry.header.size ?? 0) <= longestTextBytes;
  for await (const part of entry) {
    const chunk = part as Buffer;
    if (sizeBytes === 0) isText &&= /^\s*[[{]/.test(chunk.toString('latin1', 0, 64));
    hash.update(chunk);
    sizeBytes += chunk.length;
    if (isText) kept.push(chunk);
  }
  const text = isText && sizeBytes > 0 ? Buffer.concat(kept).toString('utf8') : undefined;
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes, text };
}

function gunzipped(file: string): Readable {
  const source = createReadStream(file);
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  return source.pipe(gunzip);
}
