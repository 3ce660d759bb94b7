import { type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

export interface Question {
  readonly url: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** How many redirects are followed. Default 0. */
  readonly redirects?: number;
  /** A longer answer is none. Default 256 KiB. */
  readonly maxBytes?: number;
}

export interface Reply {
  readonly status: number;
  /** By name in small letters. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** `unreachable`: no way there, or no answer. `stranger`: who answers can not prove to be who was asked. */
export type NoReply = 'unreachable' | 'stranger';

/** Nobody answered, or not the right one. */
export class AskFailure extends Error {
  override readonly name = 'AskFailure';
  readonly reason: NoReply;

  constructor(reason: NoReply, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

const usualMaxBytes = 256 * 1024;

/** Asks a server for something small. Throws AskFailure if there is no answer; any status is an answer. */
export async function ask(question: Question): Promise<Reply> {
  // A timer of our own: Node 20 may forget the time limit of AbortSignal.any when nobody else holds it.
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), question.timeoutMs);
  const stop = () => end.abort();
  question.signal?.addEventListener('abort', stop);
  if (question.signal?.aborted === true) stop();
  try {
    return await follow(question, end.signal);
  } finally {
    clearTimeout(timer);
    question.signal?.removeEventListener('abort', stop);
  }
}

async function follow(question: Question, signal: AbortSignal): Promise<Reply> {
  let url = question.url;
  for (let left = question.redirects ?? 0; ; left--) {
    const { location, ...reply } = await askOnce(url, question, signal);
    if (location === undefined || left <= 0) return reply;
    const next = new URL(location, url);
    if (new URL(url).protocol === 'https:' && next.protocol !== 'https:')
      throw new AskFailure('stranger', 'a redirect to an address without encryption');
    url = next.href;
  }
}

function askOnce(
  url: string,
  { method = 'GET', headers = {}, body, maxBytes = usualMaxBytes }: Question,
  signal: AbortSignal,
): Promise<Reply & { readonly location?: string }> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(failureOf(error));
    const call = request(
      url,
      { method, headers: { ...headers, Connection: 'close' }, signal },
      (response) => {
        const parts: Buffer[] = [];
        let sizeBytes = 0;
        response.on('data', (part: Buffer) => {
          sizeBytes += part.length;
          parts.push(part);
          if (sizeBytes > maxBytes) call.destroy(new Error('the answer is too long'));
        });
        response.on('error', fail);
        response.on('end', () => {
          const { statusCode: status = 0, headers: said } = response;
          const { location } = said;
          const isRedirect = status >= 300 && status < 400 && location !== undefined;
          resolve({ status, headers: said, body: Buffer.concat(parts), ...(isRedirect ? { location } : {}) });
        });
      },
    );
    call.on('error', fail);
    call.end(body);
  });
}

/** What an error of a connection means. Its message is never shown: some have the address, and with it what was sent. */
export function failureOf(error: NodeJS.ErrnoException): AskFailure {
  const code = error.code ?? '';
  const isStranger = /CERT|SELF_SIGNED|ISSUER|SIGNATURE|^ERR_(TLS|SSL)|^EPROTO/.test(code);
  return new AskFailure(isStranger ? 'stranger' : 'unreachable', code || error.name);
}
