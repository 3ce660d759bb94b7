import { STATUS_CODES } from 'node:http';
import { type Dispatcher, request } from 'undici';
import { HearthError } from '../errors/hearth-error.ts';
import { basicAuthorization, isHttp, parseUrl, type Routes } from './proxy.ts';

/** What the downloads of one call share. */
export interface DownloadSession {
  readonly routes: Routes;
  readonly signal: AbortSignal;
  readonly retryDelayMs: number;
  /** Origins that did not even answer in all tries: later files ask them only once. */
  readonly silentOrigins: Set<string>;
  /** An https address may not redirect to an http one: for texts whose only proof is where they came from. */
  readonly staysEncrypted?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly body: Dispatcher.ResponseData['body'];
}

/** Why there is no usable answer. */
export interface Refusal {
  readonly kind: 'refused';
  readonly reason: string;
  /** The server said that it does not have the file. */
  readonly isGone: boolean;
  /** What the server has is another file than the wanted one. */
  readonly isWrong?: boolean;
  /** Of the server's answer, if there was one. */
  readonly status?: number;
  /** How the server wants to be asked: its WWW-Authenticate header. */
  readonly challenge?: string;
}

/** A failure that may not happen again. */
export interface Hiccup {
  readonly kind: 'hiccup';
  readonly reason: string;
  /** What the server asked for, at most 30 s. */
  readonly delayMs?: number;
  /** Nothing was heard of the server at all. */
  readonly isSilent: boolean;
}

const connectionFailures: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'the host can not be reached',
  ENETUNREACH: 'the network can not be reached',
  ETIMEDOUT: 'no connection in time',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
};

const maxRedirects = 10;
const longestPauseMs = 30_000;
const longestDumpMs = 100;

/**
 * Asks for a file and follows redirects. An answer is one with status 200 or 206, whose body must be read or dropped.
 * Throws only on abort, or a HearthError for a proxy that can not be used.
 */
export async function askFor(
  address: URL,
  headers: Readonly<Record<string, string>>,
  session: DownloadSession,
): Promise<Answer | Refusal | Hiccup> {
  let url = address;
  let sent = headers;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const answer = await askOnce(url, sent, session);
    if ('kind' in answer) return answer;
    if (answer.status === 200 || answer.status === 206) return answer;
    await dropBody(answer);
    const next = redirectTarget(answer, url);
    if (!next) return refusalOf(answer);
    const isLessSafe = session.staysEncrypted && url.protocol === 'https:' && next.protocol !== 'https:';
    if (!isHttp(next) || isLessSafe) {
      return refused(`it redirects to an address that begins with ${next.protocol}`);
    }
    // A token is for the server that it was made for.
    if (next.origin !== url.origin) sent = withoutAuthorization(sent);
    url = next;
  }
  return refused(`more than ${maxRedirects} redirects`);
}

function withoutAuthorization(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { authorization: _authorization, ...rest } = headers;
  return rest;
}

/** Takes leave of a body that nobody wants. */
export async function dropBody(answer: Answer): Promise<void> {
  // A short one is read to its end, which keeps the connection for the next file.
  const options = { limit: 16_384, signal: AbortSignal.timeout(longestDumpMs) };
  await answer.body.dump(options).catch(() => {});
}

/** A header's value; the first if it came twice. */
export function headerOf(answer: Answer, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function refused(reason: string): Refusal {
  return { kind: 'refused', reason, isGone: false };
}

async function askOnce(
  url: URL,
  headers: Readonly<Record<string, string>>,
  session: DownloadSession,
): Promise<Answer | Refusal | Hiccup> {
  const authorization = basicAuthorization(url);
  const silenceLimitMs = session.routes.silenceLimitMs(url);
  try {
    const response = await request(`${url.origin}${url.pathname}${url.search}`, {
      dispatcher: await session.routes.dispatcherFor(url),
      headers: {
        'user-agent': 'hearth',
        'accept-encoding': 'identity',
        ...headers,
        ...(authorization === undefined ? {} : { authorization }),
      },
      headersTimeout: silenceLimitMs,
      bodyTimeout: silenceLimitMs,
      signal: session.signal,
    });
    // A body that ends badly while nobody reads it must not end us; whoever reads it sees the error all the same.
    response.body.on('error', () => {});
    return { status: response.statusCode, headers: response.headers, body: response.body };
  } catch (error) {
    session.signal.throwIfAborted();
    if (error instanceof HearthError) throw error;
    return failureOf(error);
  }
}

/** A failure of the connection in words. */
function failureOf(error: unknown): Hiccup | Refusal {
  const { code = '', message = '' } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  // undici has no other sign of what a proxy said to a tunnel, or of 407.
  const proxyStatus = Number(/\((\d{3})\)/.exec(message)?.[1] ?? Number.NaN);
  if (proxyStatus >= 400 && proxyStatus < 500) {
    return refused(`the proxy answered ${statusText(proxyStatus)}`);
  }
  if (proxyStatus >= 500) {
    return { kind: 'hiccup', reason: `the proxy answered ${statusText(proxyStatus)}`, isSilent: false };
  }
  const reason = connectionFailures[code] ?? `the connection failed (${code || message})`;
  return { kind: 'hiccup', reason, isSilent: true };
}

function redirectTarget(answer: Answer, from: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(answer.status)) return undefined;
  const location = headerOf(answer, 'location');
  return location === undefined ? undefined : parseUrl(location, from);
}

function refusalOf(answer: Answer): Refusal | Hiccup {
  const { status } = answer;
  const reason = statusText(status);
  if (status === 408 || status === 429 || status >= 500) {
    const delayMs = retryAfterMs(headerOf(answer, 'retry-after'));
    return { kind: 'hiccup', reason, isSilent: false, ...(delayMs === undefined ? {} : { delayMs }) };
  }
  const challenge = headerOf(answer, 'www-authenticate');
  return {
    kind: 'refused',
    reason,
    isGone: status === 404 || status === 410,
    status,
    ...(challenge === undefined ? {} : { challenge }),
  };
}

/** The header holds seconds or a date. */
function retryAfterMs(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const waitMs = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), longestPauseMs);
}

/** Node's words, not the server's: those could hold anything. */
function statusText(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ''}`.trim();
}
