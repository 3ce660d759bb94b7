import { createHash } from 'node:crypto';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline, type Readable } from 'node:stream';
import aws4 from 'aws4';
import { failureOf } from '../device/ask.ts';
import { failureOfAnswer, ObjectStoreFailure } from './failure.ts';

/** Where a bucket is and the keys to it. */
export interface BucketAddress {
  /** `https://s3.example.org`, also with a port; the bucket is the first part of the path. */
  readonly endpoint: string;
  /** R2 has `auto`. */
  readonly region: string;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** How long the store may stay silent, in milliseconds. Default 30 000. */
  readonly silenceMs?: number;
  /** Ends everything that is under way. */
  readonly signal?: AbortSignal;
}

/** A content that is too long for memory. */
export interface StreamBody {
  readonly open: () => Readable;
  readonly sizeBytes: number;
  /** Hexadecimal, of exactly these bytes: the signature covers it. */
  readonly sha256: string;
}

export interface SignedCall {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Empty: the bucket itself. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | StreamBody;
}

const defaultSilenceMs = 30_000;
const maxAnswerBytes = 4 * 1024 * 1024;

/**
 * Sends one signed call and gives the answer's head; whoever asked reads the body, or drops it with `resume`.
 * Throws ObjectStoreFailure when the answer is none, or one that is not 2xx.
 */
export async function sendSigned(address: BucketAddress, call: SignedCall): Promise<IncomingMessage> {
  const response = await send(address, call);
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return response;
  const text = call.method === 'HEAD' ? '' : await textOf(response);
  response.resume();
  throw failureOfAnswer(status, text, call.method === 'HEAD');
}

/** The text of an answer. Throws ObjectStoreFailure when it breaks off or is longer than 4 MiB. */
export async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const part of response) {
      parts.push(part as Buffer);
      sizeBytes += (part as Buffer).length;
      if (sizeBytes > maxAnswerBytes) throw new ObjectStoreFailure('stranger', 'the answer is too long');
    }
  } catch (error) {
    throw failureOfError(error);
  }
  return Buffer.concat(parts).toString('utf8');
}

async function send(address: BucketAddress, call: SignedCall): Promise<IncomingMessage> {
  const { silenceMs = defaultSilenceMs, signal } = address;
  const url = new URL(address.endpoint);
  const { method, path, headers } = signed(address, url, call);
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return await new Promise((resolve, reject) => {
    const { hostname, port } = url;
    const host = hostname.replace(/^\[|\]$/g, '');
    // `agent: false`: a connection that was kept open may be dead, and nothing here is tried twice.
    const ways = signal === undefined ? { agent: false } : { agent: false, signal };
    const outgoing = request({ host, port, method, path, headers, ...ways }, resolve);
    outgoing.setTimeout(silenceMs, () => outgoing.destroy(new Error('ETIMEDOUT')));
    outgoing.on('error', (error) => reject(failureOfError(error)));
    const { body } = call;
    if (body === undefined || Buffer.isBuffer(body)) outgoing.end(body);
    else
      pipeline(body.open(), outgoing, (error) => {
        if (error) reject(failureOfError(error));
      });
  });
}

function signed(address: BucketAddress, url: URL, { method, key, query = {}, headers, body }: SignedCall) {
  const base = url.pathname.replace(/\/+$/, '');
  const search = new URLSearchParams(query).toString();
  const object = key === '' ? '' : `/${key.split('/').map(encoded).join('/')}`;
  const path = `${base}/${encoded(address.bucket)}${object}${search === '' ? '' : `?${search}`}`;
  const call = {
    service: 's3',
    region: address.region,
    method,
    path,
    headers: {
      ...headers,
      Host: url.host,
      'User-Agent': 'Hearth',
      'X-Amz-Content-Sha256': digestOf(body),
      ...(body === undefined ? {} : { 'Content-Length': String(sizeOf(body)) }),
    },
  };
  const credentials = { accessKeyId: address.accessKey, secretAccessKey: address.secretKey };
  const { path: signedPath = path, headers: signedHeaders = {} } = aws4.sign(call, credentials);
  return { method, path: signedPath, headers: signedHeaders };
}

/** As the signature wants it: everything but letters, digits and `-_.~`. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function digestOf(body: Buffer | StreamBody | undefined): string {
  if (body !== undefined && !Buffer.isBuffer(body)) return body.sha256;
  return createHash('sha256')
    .update(body ?? '')
    .digest('hex');
}

function sizeOf(body: Buffer | StreamBody): number {
  return Buffer.isBuffer(body) ? body.length : body.sizeBytes;
}

function failureOfError(error: unknown): ObjectStoreFailure {
  if (error instanceof ObjectStoreFailure) return error;
  const { reason, message } = failureOf(error as NodeJS.ErrnoException);
  return new ObjectStoreFailure(reason, message);
}
