import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { askFor, type DownloadSession } from '../../builder/host/download-request.ts';
import { temporaryName } from '../../builder/host/workspace.ts';

/** A file of the real mirror that lies on this disk. */
export interface MirrorFile {
  readonly file: string;
  readonly sizeBytes: number;
  readonly etag: string;
  readonly modifiedAt: Date;
}

/** What the real mirror said instead: 404, 403. 502 if it could not be asked. */
export interface MirrorRefusal {
  readonly status: number;
}

interface CacheRecord {
  readonly path: string;
  readonly sha256: string;
  readonly modifiedAt: string;
  readonly fetchedAt: string;
}

const metadataLifetimeMs = 24 * 60 * 60 * 1000;

/**
 * The file behind a path of the mirror, from the folder or from upstream. Files whose path never gets another content (pool,
 * by-hash) are kept for ever, others for a day; when upstream can not be asked, an old copy is better than none.
 */
export async function cachedMirrorFile(
  request: { readonly path: string; readonly upstreamUrl: string; readonly folder: string },
  session: DownloadSession,
): Promise<MirrorFile | MirrorRefusal> {
  const base = join(request.folder, createHash('sha256').update(request.path).digest('hex'));
  const record = await readRecord(base);
  const isForEver = /\/(pool|by-hash)\//.test(request.path);
  if (record && (isForEver || Date.now() - Date.parse(record.fetchedAt) < metadataLifetimeMs)) {
    return await describeFile(base, record);
  }
  const answer = await askFor(new URL(request.upstreamUrl), {}, session);
  if ('kind' in answer) {
    if (record && answer.kind === 'hiccup') return await describeFile(base, record);
    return { status: (answer.kind === 'refused' ? answer.status : undefined) ?? 502 };
  }
  await mkdir(request.folder, { recursive: true });
  const draft = temporaryName(base);
  const hash = createHash('sha256');
  try {
    const copy = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    };
    await pipeline(answer.body, copy, createWriteStream(draft));
    const modified = answer.headers['last-modified'];
    const fresh: CacheRecord = {
      path: request.path,
      sha256: hash.digest('hex'),
      modifiedAt: typeof modified === 'string' ? modified : new Date().toUTCString(),
      fetchedAt: new Date().toISOString(),
    };
    await publishEntry(base, draft, fresh);
    if (record && bodyOf(base, record) !== bodyOf(base, fresh))
      await rm(bodyOf(base, record), { force: true });
    return await describeFile(base, fresh);
  } finally {
    await rm(draft, { force: true });
  }
}

/** The body is named by its content: a record never stands beside the body of another moment. */
async function publishEntry(base: string, draft: string, record: CacheRecord): Promise<void> {
  const recordDraft = temporaryName(`${base}.json`);
  await rename(draft, bodyOf(base, record));
  await writeFile(recordDraft, `${JSON.stringify(record)}\n`);
  await rename(recordDraft, `${base}.json`);
}

async function readRecord(base: string): Promise<CacheRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(`${base}.json`, 'utf8')) as CacheRecord;
    await stat(bodyOf(base, record));
    return record;
  } catch {
    return undefined;
  }
}

async function describeFile(base: string, record: CacheRecord): Promise<MirrorFile> {
  const file = bodyOf(base, record);
  return {
    file,
    sizeBytes: (await stat(file)).size,
    etag: `"${record.sha256.slice(0, 32)}"`,
    modifiedAt: new Date(record.modifiedAt),
  };
}

function bodyOf(base: string, record: CacheRecord): string {
  return `${base}-${record.sha256.slice(0, 16)}.body`;
}
