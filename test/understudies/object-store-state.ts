import type { Refusal } from './object-store-refusals.ts';

/** What a key of the store may do. */
export type StoreRight = 'read' | 'write' | 'delete' | 'list';

export interface StoreKey {
  readonly secretKey: string;
  /** Default: all. */
  readonly rights?: readonly StoreRight[];
  /** Buckets it may use. Default: all. */
  readonly buckets?: readonly string[];
}

export interface StoredBytes {
  readonly body: Buffer;
  readonly contentType: string;
  readonly changedAt: string;
}

export interface StoreBucket {
  readonly objects: Map<string, StoredBytes>;
  /** The name by which everybody reads it without a key; none: nobody does. */
  publicHost: string | undefined;
  /** Origins that a page may read it from (`*`: all); empty: the store says nothing about it. */
  corsOrigins: readonly string[];
}

export interface StoreUpload {
  readonly bucket: string;
  readonly key: string;
  readonly contentType: string;
  readonly parts: Map<number, Buffer>;
}

export interface StoreState {
  readonly region: string;
  readonly keys: Map<string, StoreKey>;
  readonly buckets: Map<string, StoreBucket>;
  /** Begun and neither ended nor given up. */
  readonly uploads: Map<string, StoreUpload>;
  /** `PUT /bucket/key`, in order; what comes by the public name has that before it. */
  readonly calls: string[];
  /** Calls that no store of this kind could understand: a test wants none. */
  readonly mistakes: string[];
  /** Answers everything with this refusal, or with a page that is none. */
  outage: Refusal | 'page' | undefined;
  /** Cuts the connection after so many bytes of an answer's body. */
  cutAfterBytes: number | undefined;
}

export interface StoreReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** A call that the signature stands for. */
export interface StoreCall {
  readonly method: string;
  readonly bucketName: string;
  readonly bucket: StoreBucket;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly body: Buffer;
}
