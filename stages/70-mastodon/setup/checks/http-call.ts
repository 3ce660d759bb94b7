import { type IncomingMessage, type RequestOptions, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';

/** What is asked over HTTP. */
export interface HttpCall {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Default 8 000. */
  readonly timeoutMs?: number;
}

export interface HttpReply {
  readonly status: number;
  /** Value of a header, by its name in small letters; empty if there is none. */
  readonly header: (name: string) => string;
  /** The first 256 KiB. */
  readonly text: string;
}

/** Where a name is really reached. */
export interface Place {
  readonly addresses: readonly string[];
  readonly port: number;
  /** Without TLS: only between a test and its understudy. */
  readonly isPlain?: boolean;
  /** Certificate that proves who answers, instead of the public ones. */
  readonly ca?: string;
}

/**
 * `no-name`: the name is not known. `no-resolver`: nobody says whether it is. `unreachable`: no way there, or no answer.
 * `stranger`: who answers can not prove to be the one.
 */
export type NoAnswer = 'no-name' | 'no-resolver' | 'unreachable' | 'stranger';

/** Nobody answered, or not the right one. */
export class PublicFailure extends Error {
  override readonly name = 'PublicFailure';
  readonly reason: NoAnswer;
  readonly host: string;

  constructor(reason: NoAnswer, host: string) {
    super(`${host}: ${reason}`);
    this.reason = reason;
    this.host = host;
  }
}

const maxBytes = 256 * 1024;

/** Asks once, follows nothing. Any status is an answer, also a change of the protocol. Throws PublicFailure. */
export async function httpCall(url: string, call: HttpCall, place?: Place): Promise<HttpReply> {
  const { method = 'GET', headers = {}, body, signal, timeoutMs = 8_000 } = call;
  const target = new URL(url);
  const isPlain = place?.isPlain ?? target.protocol === 'http:';
  const options: RequestOptions & { readonly ca?: string } = {
    method,
    headers: { 'User-Agent': 'Hearth', ...headers, ...lengthOf(body) },
    agent: false,
    signal,
    ...(place === undefined ? {} : { port: place.port, lookup: lookupOf(place.addresses) }),
    ...(place?.ca === undefined ? {} : { ca: place.ca }),
    ...(isPlain ? { protocol: 'http:', setHost: false } : {}),
  };
  const host = { Host: target.host };
  return await new Promise((resolve, reject) => {
    const request = (isPlain ? requestHttp : requestHttps)(target, {
      ...options,
      headers: { ...host, ...(options.headers as Record<string, string>) },
    });
    // Not by AbortSignal.any: Node 20 may forget a time limit that nobody else holds (seen here).
    const timer = setTimeout(() => request.destroy(new Error('no answer in time')), timeoutMs);
    request.on('close', () => clearTimeout(timer));
    const fail = (error: Error) => reject(failureOf(error, target.hostname));
    const take = (response: IncomingMessage) =>
      textOf(response).then((text) => resolve(replyOf(response, text)), fail);
    request.on('response', (response) => void take(response));
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      clearTimeout(timer);
      resolve(replyOf(response, ''));
    });
    request.on('error', fail);
    request.end(body);
  });
}

function lengthOf(body: string | undefined): Record<string, string> {
  return body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
}

/** Node tries them all, IPv6 and IPv4. */
function lookupOf(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return (_host, options, callback) => {
    if (options.all === true) callback(null, all);
    else callback(null, all[0]?.address ?? '', all[0]?.family);
  };
}

async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    sizeBytes += part.length;
    if (sizeBytes > maxBytes) break;
  }
  return Buffer.concat(parts).toString('utf8');
}

function replyOf(response: IncomingMessage, text: string): HttpReply {
  const header = (name: string) => {
    const value = response.headers[name];
    return Array.isArray(value) ? value.join(', ') : (value ?? '');
  };
  return { status: response.statusCode ?? 0, header, text };
}

function failureOf(error: NodeJS.ErrnoException, host: string): PublicFailure {
  const code = error.code ?? '';
  const isStranger = /CERT|SELF_SIGNED|ISSUER|SIGNATURE|^ERR_(TLS|SSL)|^EPROTO|^HPE_/.test(code);
  return new PublicFailure(isStranger ? 'stranger' : 'unreachable', host);
}
