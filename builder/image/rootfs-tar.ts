import { once } from 'node:events';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header, type Pack, pack } from 'tar-stream';
import { bootPrefix, destinationOf } from './destination.ts';
import { blocksOf, type TreeStatistics } from './tree-statistics.ts';

export interface SplitTree extends TreeStatistics {
  /** Text of dpkg's status file. */
  readonly dpkgStatus: string;
  /** Files of the FAT partition, sorted, as paths below it. */
  readonly bootFiles: readonly string[];
}

export interface SplitOptions {
  /** Uncompressed tar of the tree. */
  readonly source: Readable;
  /** Takes the tar for the root partition; it is ended. */
  readonly rootTar: Writable;
  /** Folder for the files of the boot partition. */
  readonly bootFolder: string;
  readonly epochSeconds: number;
  /** Files to add to the root file system, by path without a leading slash. */
  readonly additions: Readonly<Record<string, string>>;
}

/** What tar-stream needs to write an entry. */
type EntryHeader = Partial<Header> & Pick<Header, 'name'>;

/**
 * Splits a stage's tar into the tar of the root partition and the files of the boot partition, in one pass: drops what
 * the build left, clamps times, forgets owner names, and counts what the file system will need.
 */
export async function splitTree(options: SplitOptions): Promise<SplitTree> {
  const { epochSeconds, bootFolder } = options;
  const latest = new Date(epochSeconds * 1000);
  const input = extract();
  const writer = new RootTarWriter(options.rootTar, latest);
  const bootFiles: string[] = [];
  // Not node's pipeline: it takes the end of tar-stream's iteration for a broken stream.
  options.source.on('error', (error) => input.destroy(error));
  options.source.pipe(input as unknown as NodeJS.WritableStream);
  for await (const entry of input) {
    const header = canonicalHeader(entry.header, latest);
    switch (destinationOf(header)) {
      case 'nowhere':
        entry.resume();
        break;
      case 'boot': {
        const name = header.name.slice(bootPrefix.length);
        await writeBootFile(`${bootFolder}/${name}`, await readAll(entry), header.mtime ?? latest);
        bootFiles.push(name);
        break;
      }
      case 'root':
        await writer.add(header, entry);
        break;
    }
  }
  await clampFolders(bootFolder, bootFiles, latest);
  for (const [name, text] of Object.entries(options.additions)) writer.addText(name, text);
  await writer.end();
  return { ...writer.statistics, dpkgStatus: writer.dpkgStatus, bootFiles: bootFiles.sort() };
}

/** Writes the tar of the root partition and counts what ext4 will need for it. */
class RootTarWriter {
  readonly #output = pack();
  readonly #written: Promise<void>;
  readonly #latest: Date;
  readonly #folders = new Set<string>();
  #blocks = 0;
  #inodes = 0;
  dpkgStatus = '';

  constructor(target: Writable, latest: Date) {
    this.#latest = latest;
    this.#written = pipeline(Readable.from(this.#output), target);
    // Seen at the end, or by the entry that can not be written.
    this.#written.catch((error) => this.#output.destroy(error));
  }

  get statistics(): TreeStatistics {
    return { blocks: this.#blocks, inodes: this.#inodes };
  }

  async add(header: EntryHeader, content: AsyncIterable<unknown>): Promise<void> {
    this.#count(header);
    if (header.name === 'var/lib/dpkg/status') {
      const bytes = await readAll(content);
      this.dpkgStatus = bytes.toString('utf8');
      this.#output.entry(header, bytes);
    } else {
      await copyEntry(content, this.#output.entry(header));
    }
  }

  /** Adds a text file and the folders above it that the tree does not have. */
  addText(name: string, text: string): void {
    const owner = { uid: 0, gid: 0, mtime: this.#latest };
    const folders = name.split('/').slice(0, -1);
    for (let depth = 1; depth <= folders.length; depth++) {
      const folder = folders.slice(0, depth).join('/');
      if (this.#folders.has(folder)) continue;
      const header = { name: folder, type: 'directory' as const, mode: 0o755, ...owner };
      this.#count(header);
      this.#output.entry(header);
    }
    const header = { name, type: 'file' as const, mode: 0o644, size: Buffer.byteLength(text), ...owner };
    this.#count(header);
    this.#output.entry(header, text);
  }

  async end(): Promise<void> {
    this.#output.finalize();
    await this.#written;
  }

  #count(header: EntryHeader): void {
    if (header.type === 'directory') this.#folders.add(header.name.replace(/\/$/, ''));
    if (header.type !== 'link') this.#inodes += 1;
    this.#blocks += blocksOf(header.type ?? 'file', header.size ?? 0, header.linkname ?? '');
  }
}

/** The header with a plain path, a clamped time, its extended attributes, and no names of owners. */
export function canonicalHeader(header: Header, latest: Date): EntryHeader {
  const plain = (path: string) => path.replace(/^\.(\/|$)/, '') || '.';
  const { pax, name, linkname, mtime, ...rest } = header;
  const attributes = Object.entries((pax ?? {}) as Record<string, string>).filter(([key]) =>
    key.startsWith('LIBARCHIVE.xattr.'),
  );
  return {
    ...rest,
    name: plain(name),
    ...(linkname === null || linkname === undefined
      ? {}
      : { linkname: header.type === 'link' ? plain(linkname) : linkname }),
    mtime: mtime && mtime < latest ? mtime : latest,
    uname: '',
    gname: '',
    ...(attributes.length > 0 ? { pax: Object.fromEntries(attributes) } : {}),
  };
}

async function copyEntry(entry: AsyncIterable<unknown>, target: ReturnType<Pack['entry']>): Promise<void> {
  for await (const chunk of entry) {
    if (!target.write(chunk as Uint8Array)) await once(target as unknown as NodeJS.EventEmitter, 'drain');
  }
  target.end(null);
}

async function readAll(entry: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

async function writeBootFile(path: string, content: Buffer, mtime: Date): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await utimes(path, mtime, mtime);
}

/** Folders got the time at which a file was put into them; FAT keeps it. */
async function clampFolders(bootFolder: string, files: readonly string[], time: Date): Promise<void> {
  const folders = new Set<string>();
  for (const file of files) {
    for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) folders.add(folder);
  }
  for (const folder of folders) await utimes(`${bootFolder}/${folder}`, time, time);
}
