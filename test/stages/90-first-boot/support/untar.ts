import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';

/** The files of a .tar.gz by name. */
export async function untar(stream: Readable): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const archive = extract();
  stream.on('error', (error) => archive.destroy(error));
  stream.pipe(createGunzip()).pipe(archive);
  for await (const entry of archive) {
    const parts: Buffer[] = [];
    for await (const part of entry as AsyncIterable<Buffer>) parts.push(part);
    files.set(entry.header.name, Buffer.concat(parts).toString('utf8'));
  }
  return files;
}
