import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { doCall, readObject, rightOf } from './object-store-calls.ts';
import { type Refusal, refusals } from './object-store-refusals.ts';
import { checkSignature } from './object-store-signature.ts';
import type { StoreBucket, StoreKey, StoreReply, StoreState } from './object-store-state.ts';

/** A running store. */
export interface ObjectStore extends StoreState {
  /** `http://127.0.0.1:PORT`: with a signature here, without one by a bucket's public host (in the Host header). */
  readonly endpoint: string;
  readonly addBucket: (name: string, bucket?: Partial<StoreBucket>) => StoreBucket;
  readonly addKey: (accessKey: string, key: StoreKey) => void;
  readonly close: () => Promise<void>;
}

export interface ObjectStoreOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly port?: number;
  /** Default `auto`. */
  readonly region?: string;
}

/** Starts an S3 store in memory that checks every signature; without buckets and keys. */
export async function startObjectStore(options: ObjectStoreOptions = {}): Promise<ObjectStore> {
  const { host = '127.0.0.1', port = 0, region = 'auto' } = options;
  const state: StoreState = {
    region,
    keys: new Map(),
    buckets: new Map(),
    uploads: new Map(),
    calls: [],
    mistakes: [],
    outage: undefined,
    cutAfterBytes: undefined,
  };
  const server = createServer((request, response) => void answer(state, request, response));
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return Object.assign(state, {
    endpoint: `http://${host}:${(server.address() as AddressInfo).port}`,
    addBucket: (
      name: string,
      { publicHost, corsOrigins = [], objects = new Map() }: Partial<StoreBucket> = {},
    ) => {
      const bucket: StoreBucket = { objects, publicHost, corsOrigins };
      state.buckets.set(name, bucket);
      return bucket;
    },
    addKey: (accessKey: string, key: StoreKey) => void state.keys.set(accessKey, key),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function answer(state: StoreState, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = [];
  try {
    for await (const part of request) parts.push(part as Buffer);
  } catch {
    return; // The client went away in the middle: nothing is kept.
  }
  const reply = replyTo(state, request, Buffer.concat(parts));
  const whole: StoreReply = 'code' in reply ? refused(reply, request.headers.host ?? '') : reply;
  const { status, headers = {}, body = Buffer.alloc(0) } = whole;
  response.writeHead(status, { ...headers, ...(status === 204 ? {} : { 'content-length': body.length }) });
  const isCut = request.method !== 'HEAD' && state.cutAfterBytes !== undefined;
  if (!isCut) return void response.end(request.method === 'HEAD' ? undefined : body);
  response.write(body.subarray(0, state.cutAfterBytes), () => response.destroy());
}

function replyTo(state: StoreState, request: IncomingMessage, body: Buffer): StoreReply | Refusal {
  const { method = '', headers } = request;
  const url = new URL(request.url ?? '/', 'http://store');
  const host = (headers.host ?? '').replace(/:\d+$/, '');
  const open = [...state.buckets.values()].find(({ publicHost }) => publicHost === host);
  state.calls.push(`${open === undefined ? '' : `${host} `}${method} ${url.pathname}`);
  if (state.outage === 'page')
    return { status: 200, headers: { 'content-type': 'text/html' }, body: Buffer.from('<h1>Welcome</h1>') };
  if (state.outage !== undefined) return state.outage;
  return open === undefined ? signedReply(state, request, url, body) : publicReply(open, request, url);
}

function signedReply(
  state: StoreState,
  request: IncomingMessage,
  url: URL,
  body: Buffer,
): StoreReply | Refusal {
  const { method = '', headers } = request;
  const signers = { region: state.region, secretOf: (name: string) => state.keys.get(name)?.secretKey };
  const signer = checkSignature(request, body, signers);
  if ('refusal' in signer) return signer.refusal;
  if ((method === 'PUT' || method === 'POST') && headers['content-length'] === undefined)
    return refusals.noLength;

  const [, bucketName = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
  const call = { method, bucketName, key: rest.join('/'), query: url.searchParams };
  const right = rightOf(call);
  if (right === undefined) {
    state.mistakes.push(`${method} ${request.url}`);
    return refusals.unknownCall;
  }
  const { rights = [right], buckets = [bucketName] } = state.keys.get(signer.accessKey) as StoreKey;
  if (!rights.includes(right) || !buckets.includes(bucketName)) return refusals.denied;
  const bucket = state.buckets.get(bucketName);
  if (bucket === undefined) return refusals.noBucket;
  const contentType = headers['content-type'] ?? 'application/octet-stream';
  return doCall(state, { ...call, bucket, contentType, body });
}

/** As a custom domain on a bucket: the path is the key, the rules for other origins are the bucket's. */
function publicReply(
  bucket: StoreBucket,
  { method, headers }: IncomingMessage,
  url: URL,
): StoreReply | Refusal {
  if (method !== 'GET' && method !== 'HEAD') return refusals.denied;
  const reply = readObject(bucket, decodeURIComponent(url.pathname.slice(1)));
  if ('code' in reply) return reply;
  const { origin } = headers;
  const isAllowed = origin !== undefined && bucket.corsOrigins.some((one) => one === '*' || one === origin);
  if (!isAllowed) return reply;
  const allowed = bucket.corsOrigins.includes('*') ? '*' : origin;
  return { ...reply, headers: { ...reply.headers, 'access-control-allow-origin': allowed, vary: 'Origin' } };
}

function refused({ status, code, message }: Refusal, resource: string): StoreReply {
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><Resource>${resource}</Resource></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body: Buffer.from(text) };
}
