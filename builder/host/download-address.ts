import { setTimeout as sleep } from 'node:timers/promises';
import { HearthError } from '../errors/hearth-error.ts';
import { formatSize } from '../text/size.ts';
import type { Draft } from './download-draft.ts';
import { copyFrom } from './download-file.ts';
import {
  type Answer,
  askFor,
  type DownloadSession,
  dropBody,
  type Hiccup,
  headerOf,
  type Refusal,
} from './download-request.ts';
import { digestMismatch, sizeMismatch } from './download-words.ts';
import { isHttp, parseUrl, withoutCredentials } from './proxy.ts';

export interface AddressFailure {
  /** `URL: 404 Not Found`, without credentials. */
  readonly reason: string;
  /** The server said that it does not have the file. */
  readonly isGone: boolean;
  /** What is there is another file than the wanted one. */
  readonly isWrong: boolean;
}

const maxTries = 4;
/** A try that brought so much more was worth it, and counts as the first again. */
const progressBytes = 1024 ** 2;

/**
 * Fills a draft from one address, with all tries that it is worth; undefined when the draft is complete and has the
 * wanted SHA-256. Throws on abort and for failures of the disk or the proxy settings only.
 */
export async function fetchFrom(
  address: string,
  draft: Draft,
  session: DownloadSession,
): Promise<AddressFailure | undefined> {
  const failure = await failureOf(address, draft, session);
  return failure && { ...failure, reason: `${withoutCredentials(address)}: ${failure.reason}` };
}

async function failureOf(
  address: string,
  draft: Draft,
  session: DownloadSession,
): Promise<AddressFailure | undefined> {
  const url = parseUrl(address);
  if (url?.protocol === 'file:') return await copyFrom(url, draft, session.signal);
  if (url && isHttp(url)) {
    const source = { url, address: withoutCredentials(address), isFresh: false };
    const failure = await tryRepeatedly(source, draft, session);
    return failure && { isWrong: false, ...failure };
  }
  const reason = 'not an address that begins with http:// or https://';
  return { reason, isGone: false, isWrong: false };
}

/** What is known about an address between tries. */
interface Source {
  readonly url: URL;
  /** The same without credentials. */
  readonly address: string;
  /** After a wrong content: all of it again, past every cache. */
  isFresh: boolean;
}

async function tryRepeatedly(
  source: Source,
  draft: Draft,
  session: DownloadSession,
): Promise<Pick<Refusal, 'reason' | 'isGone' | 'isWrong'> | undefined> {
  const { origin } = source.url;
  const triesAtMost = session.silentOrigins.has(origin) ? 1 : maxTries;
  const vainTries = countVainTries(draft);
  let isSilent = true;
  for (let tries = 1; ; tries++) {
    const outcome = await tryOnce(source, draft, session);
    if (outcome === 'done') return undefined;
    if (outcome.kind === 'refused') return outcome;
    isSilent &&= outcome.isSilent;
    const vain = vainTries();
    if (vain >= triesAtMost) {
      if (isSilent) session.silentOrigins.add(origin);
      const count = tries === 1 ? '' : ` (${tries} tries)`;
      return { reason: `${outcome.reason}${count}`, isGone: false };
    }
    await pause(outcome.delayMs ?? session.retryDelayMs * 2 ** (vain - 1), session.signal);
  }
}

/** To be asked after each try: how many there were since the last one that brought the draft on. */
function countVainTries(draft: Draft): () => number {
  let mostBytes = draft.receivedBytes;
  let vain = 0;
  return () => {
    const isProgress = draft.receivedBytes >= mostBytes + progressBytes;
    if (isProgress) mostBytes = draft.receivedBytes;
    vain = isProgress ? 1 : vain + 1;
    return vain;
  };
}

async function tryOnce(
  source: Source,
  draft: Draft,
  session: DownloadSession,
): Promise<'done' | Refusal | Hiccup> {
  const answer = await askFor(source.url, requestHeaders(source, draft), session);
  if ('kind' in answer) {
    if (answer.kind === 'hiccup' || answer.status !== 416 || !canGoOn(source, draft)) return answer;
    // The server does not have the rest (any more): the next try begins anew.
    await draft.restart();
    return { kind: 'hiccup', reason: answer.reason, isSilent: false };
  }
  const problem = await beginBody(answer, source, draft);
  if (problem) {
    await dropBody(answer);
    return problem;
  }
  return (await readBody(answer, source, draft, session)) ?? checkContent(source, draft);
}

function requestHeaders(source: Source, draft: Draft): Record<string, string> {
  if (source.isFresh) return { 'cache-control': 'no-cache', pragma: 'no-cache' };
  if (!canGoOn(source, draft)) return {};
  const validator = draft.source?.validator;
  return {
    range: `bytes=${draft.receivedBytes}-`,
    ...(validator === undefined ? {} : { 'if-range': validator }),
  };
}

/** What another address sent may be another file. */
function canGoOn(source: Source, draft: Draft): boolean {
  return !source.isFresh && draft.receivedBytes > 0 && draft.source?.address === source.address;
}

/** Looks at the headers: does the body go on where the draft ends, and can it have the wanted size? */
async function beginBody(
  answer: Answer,
  source: Source,
  draft: Draft,
): Promise<Refusal | Hiccup | undefined> {
  const origin = { address: source.address, validator: strongValidator(answer) };
  if (answer.status === 206) {
    const isRest = canGoOn(source, draft);
    if (isContinuation(answer, draft, isRest ? draft.receivedBytes : 0)) {
      if (!isRest) await draft.restart(origin);
      return undefined;
    }
    source.isFresh = true;
    return { kind: 'hiccup', reason: 'the server sent another part than it was asked for', isSilent: false };
  }
  const { sizeBytes } = draft.target;
  const bodyBytes = Number(headerOf(answer, 'content-length') ?? Number.NaN);
  if (bodyBytes > sizeBytes) return tooLong(sizeBytes);
  if (bodyBytes < sizeBytes) {
    return wrongContent(source, sizeMismatch(bodyBytes, sizeBytes));
  }
  await draft.restart(origin);
  return undefined;
}

/** A server may overlook If-Range, or count otherwise than it was asked to. */
function isContinuation(answer: Answer, draft: Draft, fromBytes: number): boolean {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headerOf(answer, 'content-range') ?? '');
  const [, start, total] = range ?? [];
  const etag = headerOf(answer, 'etag');
  const validator = fromBytes > 0 ? draft.source?.validator : undefined;
  const isOtherVersion = etag !== undefined && validator?.startsWith('"') && etag !== validator;
  const isWantedSize = total === '*' || Number(total) === draft.target.sizeBytes;
  return Number(start) === fromBytes && isWantedSize && !isOtherVersion;
}

/** If-Range takes no weak ETag. */
function strongValidator(answer: Answer): string | undefined {
  const etag = headerOf(answer, 'etag');
  return etag?.startsWith('"') ? etag : headerOf(answer, 'last-modified');
}

async function readBody(
  answer: Answer,
  source: Source,
  draft: Draft,
  session: DownloadSession,
): Promise<Refusal | Hiccup | undefined> {
  const { sizeBytes } = draft.target;
  const isRest = draft.receivedBytes > 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      if (draft.receivedBytes + chunk.length > sizeBytes) {
        await draft.restart();
        return isRest ? wrongContent(source, tooLong(sizeBytes).reason) : tooLong(sizeBytes);
      }
      await draft.append(chunk);
    }
  } catch (error) {
    session.signal.throwIfAborted();
    if (error instanceof HearthError) throw error;
    if (draft.receivedBytes < sizeBytes) return cutBody(draft, isTimeout(error) ? 'stalled' : 'ended');
  }
  return undefined;
}

async function checkContent(source: Source, draft: Draft): Promise<'done' | Refusal | Hiccup> {
  if (draft.receivedBytes < draft.target.sizeBytes) return cutBody(draft, 'ended');
  const wanted = draft.target.sha256.toLowerCase();
  const { sha256 } = draft;
  if (sha256 === wanted) return 'done';
  await draft.restart();
  return wrongContent(source, digestMismatch(sha256, wanted));
}

/** A cache in between may be to blame: once more without it, then it is final. */
function wrongContent(source: Source, reason: string): Refusal | Hiccup {
  if (source.isFresh) return { kind: 'refused', reason, isGone: false, isWrong: true };
  source.isFresh = true;
  return { kind: 'hiccup', reason, delayMs: 0, isSilent: false };
}

function cutBody(draft: Draft, how: 'ended' | 'stalled'): Hiccup {
  const received = formatSize(draft.receivedBytes);
  const reason = `the body ${how} after ${received} of ${formatSize(draft.target.sizeBytes)}`;
  return { kind: 'hiccup', reason, isSilent: false };
}

function tooLong(sizeBytes: number): Refusal {
  const reason = `the file is longer than ${formatSize(sizeBytes)}`;
  return { kind: 'refused', reason, isGone: false, isWrong: true };
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'UND_ERR_BODY_TIMEOUT';
}

async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, { signal }).catch(() => {});
  signal.throwIfAborted();
}
