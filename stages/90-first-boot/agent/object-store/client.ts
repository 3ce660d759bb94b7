import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { ObjectStoreFailure } from './failure.ts';
import { putParts } from './parts.ts';
import { type BucketAddress, type StreamBody, sendSigned, textOf } from './signed-request.ts';
import { element, elements } from './xml.ts';

/** An object as the store lists it. */
export interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** ISO 8601, by the store's clock. */
  readonly changedAt: string;
}

export interface PutOptions {
  /** Default `application/octet-stream`. */
  readonly contentType?: string;
}

/** A bucket of an S3 store. Nothing is tried twice; every failure is an ObjectStoreFailure. */
export interface Bucket {
  /** Puts a whole object, up to 5 GiB: it is there whole or not at all. */
  readonly put: (key: string, body: Buffer | StreamBody, options?: PutOptions) => Promise<void>;
  /**
   * Puts an object of unknown length, up to 150 GiB, in parts of 16 MiB that lie in memory one at a time. It is there whole
   * or not at all; gives its length. What is already in the store of one that failed is taken away.
   */
  readonly putStream: (key: string, body: Readable, options?: PutOptions) => Promise<{ sizeBytes: number }>;
  /** The content; the stream fails when the connection breaks. `no-object` if there is none. */
  readonly get: (key: string) => Promise<{ readonly stream: Readable; readonly sizeBytes: number }>;
  /** Undefined if there is no such object. */
  readonly head: (key: string) => Promise<{ readonly sizeBytes: number } | undefined>;
  /** All objects whose keys begin so, by key. */
  readonly list: (prefix: string) => Promise<readonly StoredObject[]>;
  /** Also when there is none. */
  readonly remove: (key: string) => Promise<void>;
}

/** Opens a bucket; asks nobody before the first call. Throws TypeError when the endpoint is no address. */
export function openBucket(address: BucketAddress): Bucket {
  void new URL(address.endpoint);
  return {
    put: async (key, body, options = {}) => {
      const headers = { 'Content-Type': options.contentType ?? 'application/octet-stream' };
      const response = await sendSigned(address, { method: 'PUT', key, body, headers });
      response.resume();
      // Any web server may say 200 to a PUT; only a store tells what it has kept.
      if (response.headers.etag === undefined) throw strange('PUT');
    },
    putStream: async (key, body, options = {}) => await putParts(address, key, body, options),
    get: async (key) => {
      const response = await sendSigned(address, { method: 'GET', key });
      if (response.headers.etag === undefined) throw dropped(response, 'GET');
      return { stream: response, sizeBytes: lengthOf(response) };
    },
    head: async (key) => await head(address, key),
    list: async (prefix) => await list(address, prefix),
    remove: async (key) => {
      try {
        const response = await sendSigned(address, { method: 'DELETE', key });
        response.resume();
        if (response.headers['content-type']?.startsWith('text/html') === true) throw strange('DELETE');
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
  };
}

async function head(
  address: BucketAddress,
  key: string,
): Promise<{ readonly sizeBytes: number } | undefined> {
  try {
    const response = await sendSigned(address, { method: 'HEAD', key });
    if (response.headers.etag === undefined) throw dropped(response, 'HEAD');
    response.resume();
    return { sizeBytes: lengthOf(response) };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function list(address: BucketAddress, prefix: string): Promise<readonly StoredObject[]> {
  const found: StoredObject[] = [];
  let token: string | undefined;
  do {
    const more = token === undefined ? {} : { 'continuation-token': token };
    const query = { 'list-type': '2', prefix, ...more };
    const xml = await textOf(await sendSigned(address, { method: 'GET', key: '', query }));
    if (!/<ListBucketResult[\s>]/.test(xml)) throw strange('list');
    found.push(...elements(xml, 'Contents').map(storedObject));
    const next = element(xml, 'IsTruncated') === 'true' ? element(xml, 'NextContinuationToken') : undefined;
    if (next !== undefined && next === token) throw strange('list');
    token = next;
  } while (token !== undefined);
  return found;
}

function storedObject(xml: string): StoredObject {
  const key = element(xml, 'Key');
  const sizeBytes = Number(element(xml, 'Size'));
  if (key === undefined || !Number.isSafeInteger(sizeBytes)) throw strange('list');
  return { key, sizeBytes, changedAt: element(xml, 'LastModified') ?? '' };
}

function lengthOf(response: IncomingMessage): number {
  return Number(response.headers['content-length'] ?? 0);
}

function isMissing(error: unknown): boolean {
  return error instanceof ObjectStoreFailure && error.reason === 'no-object';
}

function dropped(response: IncomingMessage, what: string): ObjectStoreFailure {
  response.destroy();
  return strange(what);
}

function strange(what: string): ObjectStoreFailure {
  return new ObjectStoreFailure('stranger', `an answer to ${what} that no object store gives`);
}
