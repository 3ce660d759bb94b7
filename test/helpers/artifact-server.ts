import { randomBytes } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import type { FileArtifact } from '../../builder/artifacts/artifact.ts';
import {
  type ArtifactFetchOptions,
  type FetchOutcome,
  fetchArtifacts,
} from '../../builder/artifacts/fetch.ts';
import { direct, type Served, type Step, serve, sha256, startOf } from './mirror-steps.ts';

/** An artifact with this content. */
export function artifactOf(content: Buffer, url: string, name = 'k3s'): FileArtifact {
  return {
    kind: 'file',
    name,
    version: 'v1.0',
    url,
    sizeBytes: content.length,
    sha256: sha256(content),
    licence: 'Apache-2.0',
    mayBePublished: true,
    source: 'a test',
  };
}

/** Bytes that no other call makes; quicker than computed ones. */
export function randomContent(sizeBytes: number): Buffer {
  return randomBytes(sizeBytes);
}

/** Fetches without a proxy and almost without waits. */
export async function fetchInto(
  cacheDir: string,
  artifacts: readonly FileArtifact[],
  options: Partial<ArtifactFetchOptions> = {},
): Promise<FetchOutcome> {
  return await fetchArtifacts(artifacts, {
    ...{ cacheDir, mirrors: [], isOffline: false, aptOptions: direct, retryDelayMs: 1 },
    ...options,
  });
}

/** All files of the store, sorted, as `sha256/HEX`. */
export async function storeNames(cacheDir: string): Promise<string[]> {
  const entries = await readdir(`${cacheDir}/artifacts`, { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  const root = `${cacheDir}/artifacts/`;
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length))
    .toSorted();
}

/** Lays a file into the store, right or wrong. */
export async function putStored(cacheDir: string, hex: string, content: Buffer): Promise<void> {
  await mkdir(`${cacheDir}/artifacts/sha256`, { recursive: true });
  await writeFile(`${cacheDir}/artifacts/sha256/${hex}`, content);
}

export interface RangeServer extends Served {
  /** Bytes of bodies that were handed to the network so far. */
  servedBytes(): number;
}

export interface RangeServerOptions {
  readonly etag?: string;
  /** Ends each connection after so many bytes of a body. */
  readonly cutAfterBytes?: number;
  /** Answers instead, as long as it returns true. */
  readonly instead?: (...args: Parameters<Step>) => boolean;
}

/** A server that knows ranges and If-Range and counts what it sends. Change the content between runs as you like. */
export async function serveRanges(
  content: () => Buffer,
  options: RangeServerOptions = {},
): Promise<RangeServer> {
  let total = 0;
  const served = await serve((request, response) => {
    if (options.instead?.(request, response)) return;
    const body = content();
    const etag = options.etag ?? `"${sha256(body).slice(0, 8)}"`;
    const condition = request.headers['if-range'];
    const start = condition === undefined || condition === etag ? startOf(request) : 0;
    response.writeHead(start > 0 ? 206 : 200, {
      etag,
      'content-length': body.length - start,
      ...(start > 0 ? { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` } : {}),
    });
    const part = body.subarray(start, start + (options.cutAfterBytes ?? body.length));
    total += part.length;
    if (part.length === body.length - start) response.end(part);
    else response.write(part, () => setTimeout(() => response.destroy(), 50));
  });
  return { ...served, servedBytes: () => total };
}
