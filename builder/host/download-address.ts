import { setTimeout as sleep } from 'node:timers/promises';
import { HearthError } from '../errors/hearth-error.ts';
import { formatSize } from '../text/size.ts';
import type { Draft } from './download-draft.ts';
import {
  type Answer,
  askFor,
  type DownloadSession,
  dropBody,
  type Hiccup,
  headerOf,
  type Refusal,
} from './download-request.ts';
import { isHttp, parseUrl, withoutCredentials } from './proxy.ts';

export interface AddressFailure {
  /** `URL: 404 Not Found`, without credentials. */
  readonly reason: string;
  /** The server said that it does not have the file. */
  readonly isGone: boolean;
}

const maxTries = 4;

/**
 * Fills a draft from one address, with all tries that it is worth; undefined when the draft is complete and has the
 * wanted SHA-256. Throws on abort and for failures of the disk or the proxy settings only.
 */
export async function fetchFrom(
  address: string,
  draft: Draft,
  session: DownloadSession,
): Promise<AddressFailure | undefined> {
  const url = parseUrl(address);
  const failure =
    url && isHttp(url)
      ? await tryRepeatedly({ url, isFresh: false, validator: undefined }, draft, session)
      : { reason: 'not an address that begins with http:// or https://', isGone: false };
  return failure && { ...failure, reason: `${withoutCredentials(address)}: ${failure.reason}` };
}

/** What is known about an address between tries. */
interface Source {
  readonly url: URL;
  /** After a wrong content: all of it again, past every cache. */
  isFresh: boolean;
  /** ETag or date of the version whose beginning is in the draft. */
  validator: string | undefined;
}

async function tryRepeatedly(
  source: Source,
  draft: Draft,
  session: DownloadSession,
): Promise<AddressFailure | undefined> {
  const { origin } = source.url;
  const triesAtMost = session.silentOrigins.has(origin) ? 1 : maxTries;
  let isSilent = true;
  // What another address sent may be another file.
  await draft.restart();
  for (let tries = 1; ; tries++) {
    const outcome = await tryOnce(source, draft, session);
    if (outcome === 'done') return undefined;
    if (outcome.kind === 'refused') return outcome;
    isSilent &&= outcome.isSilent;
    if (tries >= triesAtMost) {
      if (isSilent) session.silentOrigins.add(origin);
      const count = tries === 1 ? '' : ` (${tries} tries)`;
      return { reason: `${outcome.reason}${count}`, isGone: false };
    }
    await pause(outcome.delayMs ?? session.retryDelayMs * 2 ** (tries - 1), session.signal);
  }
}

async function tryOnce(
  source: Source,
  draft: Draft,
  session: DownloadSession,
): Promise<'done' | Refusal | Hiccup> {
  if (source.isFresh) await draft.restart();
  const answer = await askFor(source.url, requestHeaders(source, draft), session);
  if ('kind' in answer) {
    if (answer.kind === 'hiccup' || answer.status !== 416 || draft.receivedBytes === 0) return answer;
    // The server does not have the rest (any more): the next try begins anew.
    await draft.restart();
    return { kind: 'hiccup', reason: answer.reason, isSilent: false };
  }
  const problem = await beginBody(answer, source, draft);
  if (problem) {
    await dropBody(answer);
    return problem;
  }
  return (await readBody(answer, draft, session)) ?? checkContent(source, draft);
}

function requestHeaders(source: Source, draft: Draft): Record<string, string> {
  if (source.isFresh) return { 'cache-control': 'no-cache', pragma: 'no-cache' };
  if (draft.receivedBytes === 0) return {};
  return {
    range: `bytes=${draft.receivedBytes}-`,
    ...(source.validator === undefined ? {} : { 'if-range': source.validator }),
  };
}

/** Looks at the headers: does the body go on where the draft ends, and can it have the wanted size? */
async function beginBody(
  answer: Answer,
  source: Source,
  draft: Draft,
): Promise<Refusal | Hiccup | undefined> {
  if (answer.status === 206) {
    if (isContinuation(answer, source, draft)) return undefined;
    source.isFresh = true;
    return { kind: 'hiccup', reason: 'the server sent another part than it was asked for', isSilent: false };
  }
  const { sizeBytes } = draft.target;
  const bodyBytes = Number(headerOf(answer, 'content-length') ?? Number.NaN);
  await draft.restart();
  source.validator = strongValidator(answer);
  if (bodyBytes > sizeBytes) return tooLong(sizeBytes);
  if (bodyBytes < sizeBytes) {
    return wrongContent(source, `the file has ${formatSize(bodyBytes)}, wanted ${formatSize(sizeBytes)}`);
  }
  return undefined;
}

/** A server may overlook If-Range, or count otherwise than it was asked to. */
function isContinuation(answer: Answer, source: Source, draft: Draft): boolean {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headerOf(answer, 'content-range') ?? '');
  const [, start, total] = range ?? [];
  const etag = headerOf(answer, 'etag');
  const isOtherVersion = etag !== undefined && source.validator?.startsWith('"') && etag !== source.validator;
  const isWantedSize = total === '*' || Number(total) === draft.target.sizeBytes;
  return Number(start) === draft.receivedBytes && isWantedSize && !isOtherVersion;
}

/** If-Range takes no weak ETag. */
function strongValidator(answer: Answer): string | undefined {
  const etag = headerOf(answer, 'etag');
  return etag?.startsWith('"') ? etag : headerOf(answer, 'last-modified');
}

async function readBody(
  answer: Answer,
  draft: Draft,
  session: DownloadSession,
): Promise<Refusal | Hiccup | undefined> {
  const { sizeBytes } = draft.target;
  try {
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      if (draft.receivedBytes + chunk.length > sizeBytes) return tooLong(sizeBytes);
      await draft.append(chunk);
    }
  } catch (error) {
    session.signal.throwIfAborted();
    if (error instanceof HearthError) throw error;
    if (draft.receivedBytes < sizeBytes) return cutBody(draft, isTimeout(error) ? 'stalled' : 'ended');
  }
  return undefined;
}

function checkContent(source: Source, draft: Draft): 'done' | Refusal | Hiccup {
  if (draft.receivedBytes < draft.target.sizeBytes) return cutBody(draft, 'ended');
  const wanted = draft.target.sha256.toLowerCase();
  const { sha256 } = draft;
  return sha256 === wanted ? 'done' : wrongContent(source, `SHA-256 is ${sha256}, wanted ${wanted}`);
}

/** A cache in between may be to blame: once more without it, then it is final. */
function wrongContent(source: Source, reason: string): Refusal | Hiccup {
  if (source.isFresh) return { kind: 'refused', reason, isGone: false };
  source.isFresh = true;
  return { kind: 'hiccup', reason, delayMs: 0, isSilent: false };
}

function cutBody(draft: Draft, how: 'ended' | 'stalled'): Hiccup {
  const received = formatSize(draft.receivedBytes);
  const reason = `the body ${how} after ${received} of ${formatSize(draft.target.sizeBytes)}`;
  return { kind: 'hiccup', reason, isSilent: false };
}

function tooLong(sizeBytes: number): Refusal {
  return { kind: 'refused', reason: `the file is longer than ${formatSize(sizeBytes)}`, isGone: false };
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'UND_ERR_BODY_TIMEOUT';
}

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, { signal }).catch(() => {});
  signal.throwIfAborted();
}
