import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { FetchTrouble, troubleOf } from './trouble.ts';

export interface GetOptions {
  /** First byte that is wanted. */
  readonly fromByte: number;
  /** Nothing heard for so long: the connection counts as broken. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
  /** True if the device has an address that leads out of it. */
  readonly isConnected: () => boolean;
  /** Tests: who may vouch for a server, and where names lead. */
  readonly ca?: string;
  readonly lookup?: LookupFunction;
}

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
  for (let count = 0; count <= maxRedirects; count += 1) {
    const answer = await askOrExplain(url, options);
    const status = answer.response.statusCode ?? 0;
    if (status === 200 || status === 206 || status === 416) return answer;
    answer.end();
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

function ask(url: URL, { fromByte, idleMs, signal, ca, lookup }: GetOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const connection = {
      // A connection of its own for each try: a kept one may be dead after the network was away.
      agent: false,
      signal,
      headers: {
        'user-agent': 'hearth',
        'accept-encoding': 'identity',
        ...(fromByte > 0 ? { range: `bytes=${fromByte}-` } : {}),
      },
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

function silence(): NodeJS.ErrnoException {
  return Object.assign(new Error('nothing was heard for too long'), { code: 'ETIMEDOUT' });
}
