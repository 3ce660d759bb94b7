import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';

/** The answer of Cloudflare's API to one call. */
export interface ApiReply {
  readonly status: number;
  readonly isDone: boolean;
  /** Cloudflare's own numbers and words for what is wrong. */
  readonly errors: readonly { readonly code: number; readonly message: string }[];
  readonly result: unknown;
}

export interface CloudflareApi {
  /** Calls the API: `GET`, `/zones`. Throws ApiUnreachable when there is no answer of it. */
  readonly call: (method: Method, path: string, body?: object) => Promise<ApiReply>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH';

export interface ApiOptions {
  /** Without a slash at its end: `https://api.cloudflare.com/client/v4`. */
  readonly base: string;
  /** Sent in a header only. */
  readonly token: string;
  readonly signal: AbortSignal;
  /** For one call. Default 20 000. */
  readonly timeoutMs?: number;
}

/** Nobody answered, or somebody who is not Cloudflare's API. */
export class ApiUnreachable extends Error {
  override readonly name = 'ApiUnreachable';
}

const maxBytes = 4_000_000;

/** Cloudflare's API with one token. */
export function openApi(options: ApiOptions): CloudflareApi {
  return {
    call: async (method, path, body) => {
      const { status, text } = await exchange(options, { method, path, body });
      return readReply(status, text);
    },
  };
}

interface Call {
  readonly method: Method;
  readonly path: string;
  readonly body: object | undefined;
}

function exchange(
  { base, token, signal, timeoutMs = 20_000 }: ApiOptions,
  { method, path, body }: Call,
): Promise<{ readonly status: number; readonly text: string }> {
  const url = new URL(`${base}${path}`);
  const content = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    'user-agent': 'Hearth',
    ...(content === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) }),
  };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new ApiUnreachable(`no answer: ${error.message}`));
    const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
    const request = send(url, { method, headers, signal: limit, agent: false }, (reply) => {
      const parts: Buffer[] = [];
      let sizeBytes = 0;
      reply.on('data', (part: Buffer) => {
        sizeBytes += part.length;
        if (sizeBytes > maxBytes) reply.destroy(new Error('the answer is too long'));
        else parts.push(part);
      });
      reply.on('error', fail);
      reply.on('end', () =>
        resolve({ status: reply.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
      );
    });
    request.on('error', fail);
    request.end(content);
  });
}

function readReply(status: number, text: string): ApiReply {
  const { success, errors, result } = parse(text);
  if (typeof success !== 'boolean') throw new ApiUnreachable(`an answer ${status} of somebody else`);
  const isDone = success && status >= 200 && status < 300;
  return { status, isDone, errors: Array.isArray(errors) ? errors.filter(isError) : [], result };
}

function parse(text: string): { success?: unknown; errors?: unknown; result?: unknown } {
  try {
    const json = JSON.parse(text) as unknown;
    return typeof json === 'object' && json !== null ? json : {};
  } catch {
    return {};
  }
}

function isError(one: unknown): one is ApiReply['errors'][number] {
  const { code, message } = (one ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  return typeof code === 'number' && typeof message === 'string';
}
