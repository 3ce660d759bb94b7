import { createHash, randomBytes } from 'node:crypto';
import { type Refusal, refusals } from './object-store-refusals.ts';
import type { StoreBucket, StoreCall, StoreReply, StoreRight, StoreState } from './object-store-state.ts';

const smallestPartBytes = 5 * 1024 * 1024;
const pageLength = 1_000;

/** What right a call needs; undefined: there is no such call. */
export function rightOf({
  method,
  key,
  query,
}: Pick<StoreCall, 'method' | 'key' | 'query'>): StoreRight | undefined {
  if (key === '') return method === 'GET' && query.get('list-type') === '2' ? 'list' : undefined;
  if (method === 'GET' || method === 'HEAD') return 'read';
  if (method === 'PUT' || method === 'POST') return 'write';
  if (method === 'DELETE') return query.has('uploadId') ? 'write' : 'delete';
  return undefined;
}

/** Does what a call asks. */
export function doCall(state: StoreState, call: StoreCall): StoreReply | Refusal {
  const { method, key, query, bucket } = call;
  if (key === '') return list(call);
  if (method === 'GET' || method === 'HEAD') return readObject(bucket, key);
  if (method === 'POST' && query.has('uploads')) return beginUpload(state, call);
  if (query.has('uploadId')) return inUpload(state, call);
  if (method === 'PUT') return keep(call, call.body, call.contentType);
  if (method !== 'DELETE') return refusals.unknownCall;
  bucket.objects.delete(key);
  return { status: 204 };
}

/** An object with its headers. */
export function readObject(bucket: StoreBucket, key: string): StoreReply | Refusal {
  const found = bucket.objects.get(key);
  if (found === undefined) return refusals.noKey;
  const { body, contentType, changedAt } = found;
  const headers = { etag: markOf(body), 'content-type': contentType, 'last-modified': changedAt };
  return { status: 200, headers, body };
}

function list({ bucket, bucketName, query }: StoreCall): StoreReply {
  const prefix = query.get('prefix') ?? '';
  const after = Buffer.from(query.get('continuation-token') ?? '', 'base64').toString();
  const keys = [...bucket.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const page = keys.slice(0, pageLength);
  const contents = page.map((key) => {
    const { body, changedAt } = bucket.objects.get(key) as { body: Buffer; changedAt: string };
    return `<Contents><Key>${entitiesIn(key)}</Key><LastModified>${new Date(changedAt).toISOString()}</LastModified><ETag>${entitiesIn(markOf(body))}</ETag><Size>${body.length}</Size></Contents>`;
  });
  const isCut = keys.length > page.length;
  const token = Buffer.from(page.at(-1) ?? '').toString('base64');
  const next = isCut ? `<NextContinuationToken>${token}</NextContinuationToken>` : '';
  return xml(
    `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${bucketName}</Name><IsTruncated>${isCut}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`,
  );
}

function beginUpload(state: StoreState, { bucketName, key, contentType }: StoreCall): StoreReply {
  // A slash and a plus, as in R2's: they must be encoded in an address.
  const id = `${randomBytes(9).toString('hex')}/+=`;
  state.uploads.set(id, { bucket: bucketName, key, contentType, parts: new Map() });
  return xml(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
}

function inUpload(state: StoreState, call: StoreCall): StoreReply | Refusal {
  const id = call.query.get('uploadId') ?? '';
  const upload = state.uploads.get(id);
  if (upload === undefined || upload.bucket !== call.bucketName || upload.key !== call.key)
    return refusals.noUpload;
  if (call.method === 'PUT') {
    upload.parts.set(Number(call.query.get('partNumber')), call.body);
    return { status: 200, headers: { etag: markOf(call.body) } };
  }
  if (call.method === 'DELETE') {
    state.uploads.delete(id);
    return { status: 204 };
  }
  const named = [...call.body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>([^<]+)<\/ETag>/g)];
  const parts = named.map(([, number]) => upload.parts.get(Number(number)));
  const isWhole = named.every(
    ([, , mark], index) => markOf(parts[index] ?? Buffer.alloc(0)) === plainOf(mark),
  );
  if (!isWhole || parts.includes(undefined) || parts.length === 0) return refusals.badPart;
  const bodies = parts as Buffer[];
  const [first] = bodies;
  const isEven = bodies
    .slice(0, -1)
    .every(({ length }) => length === first?.length && length >= smallestPartBytes);
  if (!isEven) return refusals.smallPart;
  state.uploads.delete(id);
  keep(call, Buffer.concat(bodies), upload.contentType);
  return xml('<CompleteMultipartUploadResult></CompleteMultipartUploadResult>');
}

function keep({ bucket, key }: StoreCall, body: Buffer, contentType: string): StoreReply {
  bucket.objects.set(key, { body, contentType, changedAt: new Date().toUTCString() });
  return { status: 200, headers: { etag: markOf(body) } };
}

function xml(text: string): StoreReply {
  const headers = { 'content-type': 'application/xml' };
  return { status: 200, headers, body: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`) };
}

function markOf(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

function entitiesIn(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function plainOf(text = ''): string {
  return text.replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}
