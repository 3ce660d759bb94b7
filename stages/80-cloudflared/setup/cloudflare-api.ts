import { AskFailure, ask } from '../../90-first-boot/agent/device/door.ts';
import { jsonObject } from './json-object.ts';

/** The answer of Cloudflare's API to one call. */
export interface ApiReply {
  readonly status: number;
  readonly isDone: boolean;
  /** Cloudflare's own numbers and words for what is wrong. */
  readonly errors: readonly { readonly code: number; readonly message: string }[];
  readonly result: unknown;
}

export interface CloudflareApi {
  /** Calls the API: `GET`, `/zones`. Throws AskFailure when there is no answer of it. */
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

async function exchange(
  { base, token, signal, timeoutMs = 20_000 }: ApiOptions,
  { method, path, body }: Call,
): Promise<{ readonly status: number; readonly text: string }> {
  const content = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    'user-agent': 'Hearth',
    ...(content === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(content)) }),
  };
  const sent = content === undefined ? {} : { body: content };
  const url = `${base}${path}`;
  const reply = await ask({ url, method, headers, timeoutMs, signal, maxBytes, ...sent });
  return { status: reply.status, text: reply.body.toString('utf8') };
}

function readReply(status: number, text: string): ApiReply {
  const { success, errors, result }: Partial<Record<string, unknown>> = { ...jsonObject(text) };
  if (typeof success !== 'boolean') throw new AskFailure('stranger', `an answer ${status} of somebody else`);
  const isDone = success && status >= 200 && status < 300;
  return { status, isDone, errors: Array.isArray(errors) ? errors.filter(isError) : [], result };
}

function isError(one: unknown): one is ApiReply['errors'][number] {
  const { code, message } = (one ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  return typeof code === 'number' && typeof message === 'string';
}
