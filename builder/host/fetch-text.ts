import { setTimeout as sleep } from 'node:timers/promises';
import { HearthError } from '../errors/hearth-error.ts';
import { formatSize } from '../text/size.ts';
import {
  type Answer,
  askFor,
  type DownloadSession,
  dropBody,
  type Hiccup,
  headerOf,
  type Refusal,
} from './download-request.ts';
import { isHttp, openRoutes, parseUrl, withoutCredentials } from './proxy.ts';

/** A small text or JSON that is not pinned: a checksum list, a release, a manifest. */
export interface TextRequest {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default 4 MiB. */
  readonly maxBytes?: number;
}

export interface FetchedText {
  readonly bytes: Buffer;
  /** `undefined` for a header that did not come. */
  readonly header: (name: string) => string | undefined;
}

/** Why a text could not be had. */
export interface TextFailure {
  /** `URL: 404 Not Found`, without credentials. */
  readonly reason: string;
  readonly status?: number;
  /** WWW-Authenticate of the answer. */
  readonly challenge?: string;
}

export interface TextFetcherOptions {
  /** Lines of apt.conf(5) of this host: proxies and timeouts. */
  readonly aptOptions?: readonly string[];
  readonly signal?: AbortSignal;
  /** The wait before the second try; doubled before each further one. Default 500. */
  readonly retryDelayMs?: number;
  /** For one text with all its tries. Default 90 000. */
  readonly timeoutMs?: number;
}

/** Fetches small texts over the ways of all downloads. */
export interface TextFetcher {
  /** Throws only on abort, or a HearthError for a proxy that can not be used. */
  fetch(request: TextRequest): Promise<FetchedText | TextFailure>;
  close(): Promise<void>;
}

const defaultMaxBytes = 4 * 1024 * 1024;
const maxTries = 4;

/** Opens a fetcher; close it at the end. */
export function openTextFetcher(options: TextFetcherOptions = {}): TextFetcher {
  const routes = openRoutes(options.aptOptions ?? []);
  const timeoutMs = options.timeoutMs ?? 90_000;
  return {
    async fetch(request) {
      const shown = withoutCredentials(request.url);
      const url = parseUrl(request.url);
      if (!url || !isHttp(url)) {
        return { reason: `${shown}: not an address that begins with http:// or https://` };
      }
      const timeout = AbortSignal.timeout(timeoutMs);
      const session: DownloadSession = {
        routes,
        signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
        retryDelayMs: options.retryDelayMs ?? 500,
        silentOrigins: new Set(),
        staysEncrypted: true,
      };
      try {
        const outcome = await tryRepeatedly(url, request, session);
        return 'bytes' in outcome ? outcome : { ...outcome, reason: `${shown}: ${outcome.reason}` };
      } catch (error) {
        options.signal?.throwIfAborted();
        if (error instanceof HearthError || !timeout.aborted) throw error;
        return { reason: `${shown}: not complete after ${timeoutMs / 1000} seconds` };
      }
    },
    close: async () => await routes.close(),
  };
}

async function tryRepeatedly(
  url: URL,
  request: TextRequest,
  session: DownloadSession,
): Promise<FetchedText | TextFailure> {
  for (let tries = 1; ; tries++) {
    const outcome = await tryOnce(url, request, session);
    if ('bytes' in outcome) return outcome;
    if (outcome.kind === 'refused') {
      const { reason, status, challenge } = outcome;
      return { reason, ...(status ? { status } : {}), ...(challenge ? { challenge } : {}) };
    }
    if (tries >= maxTries) return { reason: `${outcome.reason} (${tries} tries)` };
    const pauseMs = outcome.delayMs ?? session.retryDelayMs * 2 ** (tries - 1);
    await sleep(pauseMs, undefined, { signal: session.signal });
  }
}

async function tryOnce(
  url: URL,
  request: TextRequest,
  session: DownloadSession,
): Promise<FetchedText | Refusal | Hiccup> {
  const answer = await askFor(url, request.headers ?? {}, session);
  if ('kind' in answer) return answer;
  const limitBytes = request.maxBytes ?? defaultMaxBytes;
  const tooLong: Refusal = {
    kind: 'refused',
    reason: `longer than ${formatSize(limitBytes)}: it can not be what was asked for`,
    isGone: false,
  };
  if (Number(headerOf(answer, 'content-length') ?? 0) > limitBytes) {
    await dropBody(answer);
    return tooLong;
  }
  return await readBody(answer, limitBytes, session).then((result) => result ?? tooLong);
}

/** Undefined for a body that is longer than allowed. */
async function readBody(
  answer: Answer,
  limitBytes: number,
  session: DownloadSession,
): Promise<FetchedText | Hiccup | undefined> {
  const chunks: Uint8Array[] = [];
  let receivedBytes = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      receivedBytes += chunk.length;
      if (receivedBytes > limitBytes) return undefined;
      chunks.push(chunk);
    }
  } catch {
    session.signal.throwIfAborted();
    return {
      kind: 'hiccup',
      reason: `the body was cut after ${formatSize(receivedBytes)}`,
      isSilent: false,
    };
  }
  return { bytes: Buffer.concat(chunks), header: (name) => headerOf(answer, name) };
}
