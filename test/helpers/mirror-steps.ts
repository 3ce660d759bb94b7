import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import {
  type Download,
  type DownloadFailure,
  type DownloadOptions,
  downloadAll,
} from '../../builder/host/download.ts';
import { fileTree } from './file-tree.ts';
import { listen } from './mirror-listen.ts';

/** apt.conf(5) without any proxy, whatever the environment says. */
export const direct = ['Acquire::http::Proxy "DIRECT";'];

/** Tries again at once. */
export const fast: DownloadOptions = { aptOptions: direct, retryDelayMs: 1 };

/** Answers one request. */
export type Step = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface Served {
  readonly url: string;
  readonly requests: readonly string[];
  readonly headers: readonly IncomingMessage['headers'][];
}

/** A server for one test that remembers what it was asked. */
export async function serve(step: Step): Promise<Served> {
  const requests: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const handler: RequestListener = (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    headers.push(request.headers);
    step(request, response);
  };
  const server = await listen(handler);
  onTestFinished(async () => await server[Symbol.asyncDispose]());
  return { url: server.url, requests, headers };
}

/** One step for each request; the last for all further ones. */
export function steps(...list: readonly Step[]): Step {
  let count = 0;
  return (request, response) => list[Math.min(count++, list.length - 1)]?.(request, response);
}

/** The whole file, whatever range is asked for. */
export function whole(content: Buffer): Step {
  return (_request, response) => response.writeHead(200, { 'content-length': content.length }).end(content);
}

export function status(code: number, headers: Readonly<Record<string, string>> = {}): Step {
  return (_request, response) => response.writeHead(code, headers).end();
}

/** Ends the connection after so many bytes. */
export function cut(content: Buffer, afterBytes: number, etag?: string): Step {
  return (_request, response) => {
    response.writeHead(200, { 'content-length': content.length, ...(etag ? { etag } : {}) });
    hangUpAfter(response, content.subarray(0, afterBytes));
  };
}

/**
 * Sends some bytes, gives the client time to read them, and ends the connection. Node drops what the client has not read
 * by then, so a busy machine may see fewer.
 */
export function hangUpAfter(response: ServerResponse, part: Buffer): void {
  response.write(part, () => setTimeout(() => response.destroy(), 50));
}

/** Knows ranges without an end. */
export function ranged(content: Buffer, etag?: string): Step {
  return (request, response) => {
    const start = startOf(request);
    const condition = request.headers['if-range'];
    if (start === 0 || (etag && condition && condition !== etag)) {
      response.end(content);
      return;
    }
    response.writeHead(206, {
      'content-range': `bytes ${start}-${content.length - 1}/${content.length}`,
      'content-length': content.length - start,
      ...(etag ? { etag } : {}),
    });
    response.end(content.subarray(start));
  };
}

/** Where the wanted range begins; 0 without one. */
export function startOf(request: IncomingMessage): number {
  return Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
}

/** Bytes that differ at each place, and for each seed. */
export function bytes(size: number, seed = 0): Buffer {
  return Buffer.from(
    Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8) + seed) & 255),
  );
}

export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A download of this content into a temporary folder; `files` lie there already. */
export async function wanted(
  urls: readonly string[],
  content: Buffer,
  files: Readonly<Record<string, string>> = {},
): Promise<Download> {
  const folder = await fileTree(files);
  return {
    urls,
    file: `${folder}/cache/a.deb`,
    sha256: sha256(content),
    sizeBytes: content.length,
    label: 'a 1.0 (arm64)',
  };
}

/** Fetches one file; without a failure it is there, else nothing is. */
export async function fetchOne(
  urls: readonly string[],
  content: Buffer,
  options: DownloadOptions = fast,
): Promise<DownloadFailure | undefined> {
  const download = await wanted(urls, content);
  const [failure] = await downloadAll([download], options);
  if (failure) expect(await namesBeside(download)).toEqual([]);
  else {
    // Vitest compares buffers byte by byte in JavaScript.
    expect(content.equals(await readFile(download.file))).toBe(true);
    expect(await namesBeside(download)).toEqual(['a.deb']);
  }
  return failure;
}

/** What lies in the folder of the file, finished or not. */
export async function namesBeside(download: Download): Promise<string[]> {
  return await readdir(dirname(download.file)).catch(() => []);
}
