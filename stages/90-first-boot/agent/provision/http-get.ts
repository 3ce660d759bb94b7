import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { FetchTrouble, troubleOf } from './trouble.ts';

export interface GetOptions {
  /** First byte that is wanted; default 0. */
  readonly fromByte?: number;
  /** Media types that are wanted. */
  readonly accept?: string | undefined;
  /** Shown to the host of the address only, never to where that redirects. */
  readonly identity?: Identity | undefined;
  /** Nothing heard for so long: the connection counts as broken. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
  /** True if the device has an address that leads out of it. */
  readonly isConnected: () => boolean;
  /** Tests: who may vouch for a server, and where names lead. */
  readonly ca?: string;
  readonly lookup?: LookupFunction;
}

/** How a server that wants to know it is told who asks. */
export interface Identity {
  /** The header `authorization`, as far as it is known. */
  readonly authorization: () => string | undefined;
  /** Gets a new one, as the server's `www-authenticate` says. Throws a FetchTrouble. */
  readonly renew: (challenge: string, options: AskOptions) => Promise<void>;
}

/** What is the same for all questions of one try. */
export type AskOptions = Omit<GetOptions, 'fromByte' | 'accept' | 'identity'>;

/** An answer whose body is to be read. */
export interface Answer {
  readonly response: IncomingMessage;
  readonly host: string;
  /** To be called when something was heard. */
  readonly heard: () => void;
  /** Ends the connection. */
  readonly end: () => void;
}

const maxRedirects = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Asks for a file and follows redirects, but never from https to http. Gives answers with 200, 206 and 416; throws a
 * FetchTrouble for others and for errors of the network.
 */
export async function get(address: string, options: GetOptions): Promise<Answer> {
  let url = new URL(address);
  const home = url.origin;
  let isRenewed = false;
  for (let count = 0; count <= maxRedirects; count += 1) {
    const identity = url.origin === home ? options.identity : undefined;
    const answer = await askOrExplain(url, { ...options, identity });
    const status = answer.response.statusCode ?? 0;
    if (status === 200 || status === 206 || status === 416) return answer;
    answer.end();
    const challenge = answer.response.headers['www-authenticate'];
    if (status === 401 && identity !== undefined && challenge !== undefined && !isRenewed) {
      await identity.renew(challenge, options);
      isRenewed = true;
      continue;
    }
    if (!redirects.has(status)) throw new FetchTrouble('refused', url.hostname, `status ${status}`, status);
    url = nextUrl(url, answer.response.headers.location);
  }
  throw new FetchTrouble('untrusted', url.hostname, `more than ${maxRedirects} redirects`);
}

function nextUrl(url: URL, location: string | undefined): URL {
  const isUsable = location !== undefined && URL.canParse(location, url.href);
  if (!isUsable) throw new FetchTrouble('untrusted', url.hostname, 'a redirect without an address');
  const next = new URL(location, url.href);
  const isAllowed = next.protocol === 'https:' || (next.protocol === 'http:' && url.protocol === 'http:');
  if (!isAllowed) throw new FetchTrouble('untrusted', url.hostname, `redirects to ${next.protocol}//`);
  return next;
}

async function askOrExplain(url: URL, options: GetOptions): Promise<Answer> {
  try {
    return await ask(url, options);
  } catch (error) {
    throw troubleOf(error, url.hostname, options.isConnected());
  }
}

function ask(url: URL, options: GetOptions): Promise<Answer> {
  const { idleMs, signal, ca, lookup } = options;
  return new Promise((resolve, reject) => {
    const connection = {
      // A connection of its own for each try: a kept one may be dead after the network was away.
      agent: false,
      signal,
      headers: headersOf(options),
      // Node gives each address of a host a quarter of a second, too little for a slow line.
      autoSelectFamilyAttemptTimeout: 3_000,
      ...(ca === undefined ? {} : { ca }),
      ...(lookup === undefined ? {} : { lookup }),
    };
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, connection);
    const watch = setTimeout(() => request.destroy(silence()), idleMs);
    request.once('close', () => clearTimeout(watch));
    // Also after the answer began: an error that nobody hears would end the process.
    request.on('error', reject);
    request.once('response', (response) => {
      watch.refresh();
      // Without a reader the body of a redirect would keep the connection; its error belongs to the reader, if any.
      response.on('error', () => {});
      resolve({
        response,
        host: url.hostname,
        heard: () => watch.refresh(),
        end: () => request.destroy(),
      });
    });
    request.end();
  });
}

function headersOf({ fromByte = 0, accept, identity }: GetOptions): Record<string, string> {
  const authorization = identity?.authorization();
  return {
    'user-agent': 'hearth',
    'accept-encoding': 'identity',
    ...(fromByte > 0 ? { range: `bytes=${fromByte}-` } : {}),
    ...(accept === undefined ? {} : { accept }),
    ...(authorization === undefined ? {} : { authorization }),
  };
}

function silence(): NodeJS.ErrnoException {
  return Object.assign(new Error('nothing was heard for too long'), { code: 'ETIMEDOUT' });
}
