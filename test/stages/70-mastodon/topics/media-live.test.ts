import { afterEach, beforeEach, expect, test } from 'vitest';
import { storeProblem } from '../../../../stages/70-mastodon/setup/topics/media-live.ts';
import { makeMediaTopic } from '../../../../stages/70-mastodon/setup/topics/media-topic.ts';
import {
  ObjectStoreFailure,
  type ObjectStoreReason,
} from '../../../../stages/90-first-boot/agent/device/door.ts';
import type { Answers, Values } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { localText } from '../../../../stages/90-first-boot/agent/text/local-text.ts';
import { type ObjectStore, startObjectStore } from '../../../understudies/object-store.ts';
import type { StoreBucket } from '../../../understudies/object-store-state.ts';

const secretKey = 's3cr/et+key';
const others: Answers = {
  mastodon: { state: 'answered', values: { domain: 'example.org', webDomain: 'social.example.org' } },
};
let store: ObjectStore;
let bucket: StoreBucket;
let values: Values;

beforeEach(async () => {
  store = await startObjectStore({ region: 'eu-central-1' });
  bucket = store.addBucket('media', {
    publicHost: 'files.example.org',
    corsOrigins: ['https://social.example.org'],
  });
  store.addKey('AKEXAMPLE', { secretKey });
  values = {
    where: 's3',
    endpoint: store.endpoint,
    region: 'eu-central-1',
    bucket: 'media',
    accessKey: 'AKEXAMPLE',
    secretKey,
    publicHost: 'files.example.org',
  };
});

afterEach(async () => await store.close());

async function problems(
  other: Values = {},
  settings: { readonly files?: string; readonly resolver?: string } = {},
  answers: Answers = others,
): Promise<readonly string[]> {
  const topic = makeMediaTopic(() => ({
    files: store.endpoint,
    resolver: 'http://127.0.0.1:9',
    ...settings,
  }));
  const signal = AbortSignal.timeout(10_000);
  const found = (await topic.liveCheck?.({ ...values, ...other }, signal, answers)) ?? [];
  for (const { message } of found) expect(JSON.stringify(message)).not.toContain('s3cr');
  return found.map(({ field = '', message }) => `${field}: ${localText(message, 'en')}`);
}

test('a store that works is written to, read as a visitor would, and left as it was', async () => {
  expect(await problems()).toEqual([]);

  const key = expect.stringMatching(/\/hearth-check-[0-9a-f-]+\.txt$/);
  expect(store.calls).toEqual([key, key, key]);
  expect(store.calls.map((call) => call.replace(/ \/.*/, ''))).toEqual([
    'PUT',
    'files.example.org GET',
    'DELETE',
  ]);
  expect(bucket.objects.size).toBe(0);
  expect(store.mistakes).toEqual([]);
});

test('nobody is asked about media on the device', async () => {
  expect(await problems({ where: 'local' })).toEqual([]);
  expect(store.calls).toEqual([]);
});

test.each<[string, Values, RegExp]>([
  ['an unknown key', { accessKey: 'OTHER' }, /^accessKey: The store does not accept/],
  ['a wrong secret key', { secretKey: 'wrong' }, /^accessKey: The store does not accept/],
  ['an unknown bucket', { bucket: 'other' }, /^bucket: There is no bucket/],
  ['another region', { region: 'us-east-1' }, /^region: The bucket is in another/],
  [
    'an address at home where nobody is',
    { endpoint: 'http://127.0.0.1:9' },
    /^endpoint: The store can not be/,
  ],
])('the page tells %s', async (_what, other, words) => {
  expect(await problems(other)).toEqual([expect.stringMatching(words)]);
});

test('the page tells keys that may only read', async () => {
  store.addKey('AKEXAMPLE', { secretKey, rights: ['read', 'list'] });

  expect(await problems()).toEqual([expect.stringMatching(/^bucket: These keys may not write/)]);
});

test('the page tells keys that may not delete', async () => {
  store.addKey('AKEXAMPLE', { secretKey, rights: ['read', 'write', 'list'] });

  expect(await problems()).toEqual([expect.stringMatching(/^accessKey: .*but not delete/)]);
});

test('the page tells a web server that is no store', async () => {
  store.outage = 'page';

  expect(await problems()).toEqual([expect.stringMatching(/^endpoint: .*no S3 store/)]);
});

test('the page tells the words of a store that refuses for a reason of its own', async () => {
  store.outage = { status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' };

  expect(await problems()).toEqual([': The store refused: SlowDown Please reduce your request rate.']);
});

test('the page tells a public name that leads nowhere', async () => {
  expect(await problems({}, { files: 'http://127.0.0.1:9' })).toEqual([
    expect.stringMatching(/^publicHost: The bucket works, but files\.example\.org leads nowhere yet/),
  ]);
  expect(bucket.objects.size).toBe(0);
});

test('the page tells a public name of another bucket', async () => {
  bucket.publicHost = undefined;
  store.addBucket('other', { publicHost: 'files.example.org', corsOrigins: ['*'] });

  expect(await problems()).toEqual([expect.stringMatching(/^publicHost: .*does not lead to this bucket/)]);
});

test('the page tells a bucket that visitors may not read', async () => {
  bucket.publicHost = undefined;

  expect(await problems()).toEqual([expect.stringMatching(/^publicHost: Visitors may not read/)]);
});

test.each([[[]], [['https://example.org']]])(
  'the page gives the rule for CORS when it has %j',
  async (origins) => {
    bucket.corsOrigins = origins;

    const [problem = '', ...more] = await problems();

    expect(more).toEqual([]);
    expect(problem).toMatch(/^publicHost: The pages of Mastodon may not load/);
    expect(JSON.parse(problem.slice(problem.indexOf('[')))).toEqual([
      {
        AllowedOrigins: ['https://social.example.org'],
        AllowedMethods: ['GET', 'HEAD'],
        AllowedHeaders: ['*'],
        MaxAgeSeconds: 86_400,
      },
    ]);
  },
);

test('a rule for all origins is as good', async () => {
  bucket.corsOrigins = ['*'];

  expect(await problems()).toEqual([]);
});

test('the rule for CORS waits until the domain of the pages is known', async () => {
  bucket.corsOrigins = [];

  expect(await problems({}, {}, {})).toEqual([]);
});

test('the address of a store is only blamed when the device has a way into the Internet', async () => {
  const away = { endpoint: 'https://s3.store.invalid' };

  expect(await problems(away)).toEqual([]);
  expect(await problems(away, { resolver: store.endpoint })).toEqual([
    expect.stringMatching(/^endpoint: The store can not be reached/),
  ]);
});

test.each<[ObjectStoreReason, string]>([
  ['unreachable', 'account: Cloudflare has no store for this account'],
  ['stranger', 'account: Cloudflare has no store for this account'],
  ['refused-key', 'accessKey: The store does not accept these keys'],
  ['no-right', 'bucket: These keys may not write into this bucket'],
  ['wrong-clock', ': The clock of the device is wrong'],
  ['full', ': The store is full'],
])('at R2, %s is told where the owner can mend it', (reason, words) => {
  const { field = '', message } = storeProblem(new ObjectStoreFailure(reason, 'words'), true);

  expect(`${field}: ${localText(message, 'en')}`).toContain(words);
});
