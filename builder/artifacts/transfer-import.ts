import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { extract, type Header } from 'tar-stream';
import { HearthError } from '../errors/hearth-error.ts';
import { messageOf } from '../errors/message-of.ts';
import { diskFullError } from '../host/disk-full.ts';
import { publish, sweepLeftovers, temporaryName } from '../host/workspace.ts';
import { imageProblems } from './container-image.ts';
import type { StoreLook } from './fill-store.ts';
import { artifactFolder, stateOfFile } from './store.ts';
import {
  type ExportedArtifact,
  type ExportedImage,
  entryName,
  isImage,
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
export async function importStore(file: string, store: StoreLook): Promise<ImportOutcome> {
  const source = await openExport(file);
  const { signal } = store;
  const folder = artifactFolder(store.cacheDir);
  const draft = temporaryName(`${folder}/import`);
  try {
    await sweepLeftovers(folder);
    await mkdir(draft, { recursive: true });
    const outcome = await unpack(source, { file, folder, draft, signal });
    for (const image of outcome.imported.filter(isImage))
      await refuseOtherImage(image, draft, { file, store });
    for (const artifact of outcome.imported) {
      const path = `${folder}/${entryName(artifact)}`;
      await mkdir(dirname(path), { recursive: true });
      await publish(draftOf(artifact, draft), path);
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
  /** Of the store. */
  readonly folder: string;
  /** Folder for the files while they come. */
  readonly draft: string;
  readonly signal: AbortSignal | undefined;
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
  const { file, folder, signal } = options;
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
    const name = entryName(artifact);
    if (imported.has(name) || found.has(name)) throw refused(file, `It holds ${name} twice.`);
    const isThere = (await stateOfFile(`${folder}/${name}`, artifact, signal)).kind === 'whole';
    await readArtifact(entry, artifact, isThere, options);
    (isThere ? found : imported).set(name, artifact);
  }
  if (!manifest) throw refused(file, 'It holds nothing.');
  const missing = manifest.find((one) => !imported.has(entryName(one)) && !found.has(entryName(one)));
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
  const target = isThere ? undefined : await open(draftOf(artifact, draft), 'wx', 0o644);
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

/** The name says which image it is, so the archive must be that. */
async function refuseOtherImage(
  image: ExportedImage,
  draft: string,
  { file, store }: { readonly file: string; readonly store: StoreLook },
): Promise<void> {
  const options = { tools: await store.tools?.(), signal: store.signal, name: entryName(image) };
  const [problem] = await imageProblems(draftOf(image, draft), image, options);
  if (problem !== undefined) throw refused(file, `${image.name}: ${problem}`);
}

function draftOf(artifact: ExportedArtifact, draft: string): string {
  return `${draft}/${entryName(artifact).replace('/', '-')}`;
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
