import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type BucketAddress,
  ObjectStoreFailure,
  openBucket,
} from '../../../../stages/90-first-boot/agent/device/door.ts';
import { type ObjectStore, startObjectStore } from '../../../understudies/object-store.ts';
import type { StoreKey } from '../../../understudies/object-store-state.ts';

const mebibyte = 1024 * 1024;
let store: ObjectStore;
let address: BucketAddress;

beforeEach(async () => {
  store = await startObjectStore();
  store.addBucket('hearth-media');
  store.addKey('AKEXAMPLE', { secretKey: 's3cr/et+key' });
  address = {
    endpoint: store.endpoint,
    region: 'auto',
    bucket: 'hearth-media',
    accessKey: 'AKEXAMPLE',
    secretKey: 's3cr/et+key',
  };
});

afterEach(async () => await store.close());

async function reasonOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ObjectStoreFailure)) throw new Error(`no failure of a store: ${String(error)}`);
  expect(error.message).not.toContain('s3cr');
  return error.reason;
}

async function contentOf(key: string): Promise<string> {
  const { stream } = await openBucket(address).get(key);
  return (await buffer(stream)).toString();
}

describe('a bucket', () => {
  test.each([
    'plain.txt',
    'a/b/c.txt',
    'two words+plus.txt',
    "it's (odd)*!~.txt",
    'Grüße/日本.txt',
    'a%2Fb?c=d&e',
  ])('takes, lists, gives and removes an object called %s', async (key) => {
    const bucket = openBucket(address);

    await bucket.put(key, Buffer.from('content'), { contentType: 'text/plain' });

    expect([...(store.buckets.get('hearth-media')?.objects.keys() ?? [])]).toEqual([key]);
    expect(await contentOf(key)).toBe('content');
    expect(await bucket.head(key)).toEqual({ sizeBytes: 7 });
    expect(await bucket.list(key.slice(0, 3))).toEqual([
      { key, sizeBytes: 7, changedAt: expect.stringMatching(/^\d{4}-.*Z$/) },
    ]);
    await bucket.remove(key);
    expect(await bucket.head(key)).toBeUndefined();
    expect(store.mistakes).toEqual([]);
  });

  test('takes a file as a stream with its length and digest', async () => {
    const content = Buffer.alloc(3 * mebibyte, 'abc');
    const sha256 = createHash('sha256').update(content).digest('hex');
    const body = { open: () => Readable.from([content]), sizeBytes: content.length, sha256 };

    await openBucket(address).put('big', body);

    expect(store.buckets.get('hearth-media')?.objects.get('big')?.body.equals(content)).toBe(true);
  });

  test('keeps nothing of a stream that is not what its digest says', async () => {
    const body = { open: () => Readable.from([Buffer.from('ab')]), sizeBytes: 2, sha256: '0'.repeat(64) };

    expect(await reasonOf(openBucket(address).put('big', body))).toBe('other');
    expect(store.buckets.get('hearth-media')?.objects.size).toBe(0);
  });

  test('keeps nothing of a stream that fails', async () => {
    const open = () =>
      Readable.from(
        (async function* () {
          yield Buffer.from('ab');
          throw new Error('the disk is gone');
        })(),
      );

    await expect(
      openBucket(address).put('big', { open, sizeBytes: 4, sha256: '0'.repeat(64) }),
    ).rejects.toThrow();
    expect(store.buckets.get('hearth-media')?.objects.size).toBe(0);
  });

  test('lists more objects than one answer holds', async () => {
    const objects = store.buckets.get('hearth-media')?.objects;
    const stored = {
      body: Buffer.from('x'),
      contentType: 'text/plain',
      changedAt: new Date(0).toUTCString(),
    };
    for (let index = 0; index < 2_345; index++)
      objects?.set(`a&<b>/${String(index).padStart(5, '0')}`, stored);

    const found = await openBucket(address).list('a&<b>/');

    expect(found).toHaveLength(2_345);
    expect(found.at(-1)?.key).toBe('a&<b>/02344');
  });

  test('removes what is not there', async () => {
    await openBucket(address).remove('nothing');
  });
});

describe('an object of unknown length', () => {
  test.each([
    [0, 1],
    [5, 1],
    [16 * mebibyte, 1],
    [35 * mebibyte + 7, 3],
  ])('of %i bytes is put in %i parts of one length', async (sizeBytes, count) => {
    const content = Buffer.alloc(sizeBytes, 'hearth ');
    const chunks = [content.subarray(0, 1_000_003), content.subarray(1_000_003)];

    const put = await openBucket(address).putStream('long', Readable.from(chunks));

    expect(put).toEqual({ sizeBytes });
    expect(store.buckets.get('hearth-media')?.objects.get('long')?.body.equals(content)).toBe(true);
    expect(store.calls.filter((call) => call.startsWith('PUT'))).toHaveLength(count);
    expect(store.uploads.size).toBe(0);
  });

  test('is not there at all when its source fails in the middle', async () => {
    const source = Readable.from(
      (async function* () {
        yield Buffer.alloc(17 * mebibyte);
        throw new Error('the disk is gone');
      })(),
    );

    await expect(openBucket(address).putStream('long', source)).rejects.toThrow('the disk is gone');

    expect(store.calls.some((call) => call.startsWith('PUT'))).toBe(true);
    expect(store.buckets.get('hearth-media')?.objects.size).toBe(0);
    expect(store.uploads.size).toBe(0);
  });
});

describe('a failure', () => {
  const put = () => openBucket(address).put('key', Buffer.from('x'));

  const busy = { status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' };
  const shortKey = {
    status: 400,
    code: 'InvalidArgument',
    message: 'Credential access key has length 4, should be 32',
  };

  test.each<[string, string, Partial<BucketAddress>]>([
    ['refused-key', 'an unknown access key', { accessKey: 'OTHER' }],
    ['refused-key', 'a wrong secret key', { secretKey: 'wrong' }],
    ['wrong-bucket', 'a bucket that is not there', { bucket: 'other' }],
    ['wrong-region', 'another region', { region: 'eu-central-1' }],
    ['unreachable', 'nobody', { endpoint: 'http://127.0.0.1:9' }],
  ])('is %s with %s', async (reason, _what, other) => {
    address = { ...address, ...other };

    expect(await reasonOf(put())).toBe(reason);
  });

  test.each<[string, string, Omit<StoreKey, 'secretKey'>]>([
    ['no-right', 'a key that may only read', { rights: ['read'] }],
    ['no-right', 'a key for another bucket', { buckets: ['other'] }],
  ])('is %s with %s', async (reason, _what, key) => {
    store.addKey('AKEXAMPLE', { secretKey: 's3cr/et+key', ...key });

    expect(await reasonOf(put())).toBe(reason);
  });

  test.each<[string, string, ObjectStore['outage']]>([
    ['stranger', 'a web server that says 200 to everything', 'page'],
    ['other', 'a store that is busy', busy],
    ['refused-key', 'an access key of the wrong length at R2', shortKey],
  ])('is %s with %s', async (reason, _what, outage) => {
    store.outage = outage;

    expect(await reasonOf(put())).toBe(reason);
  });

  test('is told for each call of a server that is no store', async () => {
    store.outage = 'page';
    const bucket = openBucket(address);

    for (const work of [
      bucket.get('key'),
      bucket.head('key'),
      bucket.list(''),
      bucket.remove('key'),
      bucket.putStream('key', Readable.from([])),
    ])
      expect(await reasonOf(work)).toBe('stranger');
  });

  test('is wrong-clock when the device is an hour late', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
    const call = put();
    vi.useRealTimers();

    expect(await reasonOf(call)).toBe('wrong-clock');
  });

  test('is no-object when there is none', async () => {
    expect(await reasonOf(openBucket(address).get('key'))).toBe('no-object');
  });

  test('reaches the reader when the connection breaks in the middle of a content', async () => {
    await openBucket(address).put('key', Buffer.alloc(mebibyte));
    store.cutAfterBytes = 1_000;

    const { stream, sizeBytes } = await openBucket(address).get('key');

    expect(sizeBytes).toBe(mebibyte);
    await expect(buffer(stream)).rejects.toThrow();
  });

  test('is unreachable when the store falls silent', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;

    const call = openBucket({ ...address, endpoint, silenceMs: 100 }).head('key');

    expect(await reasonOf(call)).toBe('unreachable');
    silent.closeAllConnections();
    silent.close();
  });

  test('comes at once when the caller gives up', async () => {
    const call = openBucket({ ...address, signal: AbortSignal.abort() }).head('key');

    expect(await reasonOf(call)).toBe('unreachable');
  });
});
