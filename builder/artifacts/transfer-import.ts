import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { extract, type Header } from 'tar-stream';
import { HearthError } from '../errors/hearth-error.ts';
import { messageOf } from '../errors/message-of.ts';
import { diskFullError } from '../host/disk-full.ts';
import { publish, sweepLeftovers, temporaryName } from '../host/workspace.ts';
import { artifactFolder, checkStored, storedArtifact } from './store.ts';
import {
  type ExportedArtifact,
  entryName,
  manifestName,
  maxManifestBytes,
  parseManifest,
} from './transfer-manifest.ts';

/** What an import did. */
export interface ImportOutcome {
  readonly imported: readonly ExportedArtifact[];
  /** They were in the store already, and right. */
  readonly found: readonly ExportedArtifact[];
}

/**
 * Takes the files of an exported store. All of them are checked before the first gets its name: a tar with anything wrong,
 * missing or unknown in it changes nothing. Throws ERR_DOWNLOAD for such a tar and ERR_USAGE for a file that can't be read.
 */
export async function importStore(
  cacheDir: string,
  file: string,
  signal?: AbortSignal,
): Promise<ImportOutcome> {
  const source = await openExport(file);
  const folder = artifactFolder(cacheDir);
  const draft = temporaryName(`${folder}/import`);
  try {
    await sweepLeftovers(folder);
    await mkdir(draft, { recursive: true });
    await mkdir(`${folder}/sha256`, { recursive: true });
    const outcome = await unpack(source, { file, cacheDir, draft, ...(signal ? { signal } : {}) });
    for (const { sha256 } of outcome.imported) {
      await publish(`${draft}/${sha256}`, storedArtifact(cacheDir, sha256));
    }
    return outcome;
  } catch (error) {
    signal?.throwIfAborted();
    throw await explain(error, file, folder);
  } finally {
    await source.close();
    await rm(draft, { recursive: true, force: true });
  }
}

interface Unpacking {
  readonly file: string;
  readonly cacheDir: string;
  /** Folder for the files while they come. */
  readonly draft: string;
  readonly signal?: AbortSignal;
}

/** What can be read of an entry of a tar. */
interface TarEntry extends AsyncIterable<unknown> {
  readonly header: Header;
}

async function openExport(file: string): Promise<FileHandle> {
  const unreadable = (why: string, cause?: unknown) =>
    new HearthError('ERR_USAGE', {
      what: `${file} can not be read.`,
      why,
      todo: 'Name the file that `scripts/hearth store export FILE` wrote.',
      state: 'Nothing was imported.',
      cause,
    });
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw unreadable(messageOf(error), error);
  });
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw unreadable('It is no file.');
}

async function unpack(source: FileHandle, options: Unpacking): Promise<ImportOutcome> {
  const { file, cacheDir, signal } = options;
  const tar = extract();
  const bytes = source.createReadStream({ autoClose: false, highWaterMark: 1024 ** 2 });
  bytes.on('error', (error) => tar.destroy(error));
  bytes.pipe(tar as unknown as NodeJS.WritableStream);
  let manifest: readonly ExportedArtifact[] | undefined;
  const imported = new Map<string, ExportedArtifact>();
  const found = new Map<string, ExportedArtifact>();
  for await (const entry of tar as AsyncIterable<TarEntry>) {
    signal?.throwIfAborted();
    if (!manifest) {
      manifest = await readManifest(entry, file);
      continue;
    }
    const artifact = manifest.find((one) => entryName(one) === entry.header.name);
    if (!artifact)
      throw refused(file, `It holds ${shown(entry.header.name)}, which its manifest does not name.`);
    if (imported.has(artifact.sha256) || found.has(artifact.sha256)) {
      throw refused(file, `It holds ${entry.header.name} twice.`);
    }
    const [state] = await checkStored(cacheDir, [artifact], signal);
    const isThere = state?.kind === 'whole';
    await readArtifact(entry, artifact, isThere, options);
    (isThere ? found : imported).set(artifact.sha256, artifact);
  }
  if (!manifest) throw refused(file, 'It holds nothing.');
  const missing = manifest.find(({ sha256 }) => !imported.has(sha256) && !found.has(sha256));
  if (missing)
    throw refused(file, `It lacks ${entryName(missing)} (${missing.name}), which its manifest names.`);
  return { imported: [...imported.values()], found: [...found.values()] };
}

async function readManifest(entry: TarEntry, file: string): Promise<readonly ExportedArtifact[]> {
  const { name, size, type } = entry.header;
  if (name !== manifestName || type !== 'file')
    throw refused(file, `It does not begin with ${manifestName}.`);
  if ((size ?? 0) > maxManifestBytes) throw refused(file, 'Its manifest is too long.');
  const parts: Buffer[] = [];
  for await (const part of entry) parts.push(part as Buffer);
  const manifest = parseManifest(Buffer.concat(parts).toString('utf8'));
  if (typeof manifest === 'string') throw refused(file, `Its manifest can not be used: ${manifest}`);
  return manifest;
}

/** Reads a file to its end; writes it unless it is in the store. */
async function readArtifact(
  entry: TarEntry,
  artifact: ExportedArtifact,
  isThere: boolean,
  { file, draft, signal }: Unpacking,
): Promise<void> {
  const { name, size, type } = entry.header;
  if (type !== 'file') throw refused(file, `${name} is no file.`);
  if (size !== artifact.sizeBytes) {
    throw refused(file, `${name} (${artifact.name}) has ${size} bytes instead of ${artifact.sizeBytes}.`);
  }
  const target = isThere ? undefined : await open(`${draft}/${artifact.sha256}`, 'wx', 0o644);
  const hash = createHash('sha256');
  try {
    for await (const part of entry) {
      signal?.throwIfAborted();
      hash.update(part as Buffer);
      await target?.writeFile(part as Buffer);
    }
    await target?.sync();
  } finally {
    await target?.close();
  }
  const found = hash.digest('hex');
  if (found === artifact.sha256) return;
  throw refused(file, `${artifact.name}: SHA-256 is ${found}, wanted ${artifact.sha256}.`);
}

/** Names in a tar may hold anything. */
function shown(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}

function refused(file: string, why: string): HearthError {
  return new HearthError('ERR_DOWNLOAD', {
    what: `${file} is not a sound export of an artifact store.`,
    why,
    todo: 'Copy it again, or make it anew where it came from: scripts/hearth store export FILE',
    state: 'Nothing of it was taken; the store is as it was.',
  });
}

async function explain(error: unknown, file: string, folder: string): Promise<unknown> {
  if (error instanceof HearthError) return error;
  const full = await diskFullError(error, folder);
  if (full) return full;
  if (error instanceof Error && 'code' in error && 'syscall' in error) {
    return new HearthError('ERR_DOWNLOAD', {
      what: `${file} could not be imported into ${folder}.`,
      why: messageOf(error),
      todo: `Make ${folder} a folder that you may write to.`,
      state: 'Files that are in the store are whole.',
      cause: error,
    });
  }
  const message = messageOf(error);
  if (/unexpected end|stream was destroyed/i.test(message)) return refused(file, 'It was cut off.');
  return refused(file, `It is no tar, or it is damaged (${message}).`);
}
