import { describe, expect, test } from 'vitest';
import { instanceOf, memoryOf, planOf, profileChoice } from '../../../../stages/70-mastodon/setup/plan.ts';
import type { Values } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { fakeDevice } from '../../20-system-setup/fake-device.ts';

const services = {
  address: '10.44.0.1',
  postgres: { port: 5432, database: 'mastodon_production', user: 'mastodon', password: 'p' },
  pgbouncer: { port: 6432 },
  valkey: { port: 6379, password: 'v' },
  smtp: { port: 25 },
};
const keys = {
  secretKeyBase: 'k',
  encryption: { primaryKey: 'a', deterministicKey: 'b', derivationSalt: 'c' },
  vapid: { privateKey: 'd', publicKey: 'e' },
};
const release = { version: 'v4.7.4', web: 'web', streaming: 'streaming' };
const mastodon = {
  domain: 'example.org',
  owner: 'anna',
  email: 'anna@example.org',
  community: 'alone',
  language: 'de',
};

function answersOf(topics: Readonly<Record<string, Values>>) {
  return (topic: string) => topics[topic];
}

function plan(topics: Readonly<Record<string, Values>>) {
  const answers = answersOf({ mastodon, ...topics });
  return planOf({ answers, services, keys, release, memoryMebibytes: 3_792 });
}

describe('the plan', () => {
  test('of the shortest answers has everything on the device', () => {
    expect(plan({})).toEqual({
      release,
      memoryMebibytes: 3_792,
      localDomain: 'example.org',
      isSingleUser: true,
      language: 'de',
      authorizedFetch: false,
      limitedFederation: false,
      mailFrom: 'mastodon@example.org',
      keepMediaDays: 7,
      media: { where: 'local' },
      services,
      keys,
    });
  });

  test('follows every answer', () => {
    const found = plan({
      mastodon: { ...mastodon, webDomain: 'social.example.org', community: 'community' },
      'mastodon-more': { authorizedFetch: 'yes', limitedFederation: 'yes', keepMediaDays: '30' },
      'mastodon-media': {
        where: 's3',
        endpoint: 'https://s3.example.com:9000/',
        bucket: 'media',
        accessKey: 'AK',
        secretKey: 'SK',
        publicHost: 'files.example.org',
      },
      mail: { how: 'relay', from: 'social@example.org' },
    });

    expect(found).toMatchObject({
      localDomain: 'example.org',
      webDomain: 'social.example.org',
      isSingleUser: false,
      authorizedFetch: true,
      limitedFederation: true,
      keepMediaDays: 30,
      mailFrom: 'social@example.org',
    });
    expect(found.media).toEqual({
      where: 'bucket',
      endpoint: 'https://s3.example.com:9000',
      region: 'us-east-1',
      bucket: 'media',
      accessKey: 'AK',
      secretKey: 'SK',
      publicHost: 'files.example.org',
    });
  });

  test('knows the address of R2 in the EU', () => {
    const r2 = { where: 'r2', account: `${'0'.repeat(32)}.eu`, bucket: 'b', accessKey: 'k', secretKey: 's' };

    expect(plan({ 'mastodon-media': { ...r2, publicHost: 'files.example.org' } }).media).toMatchObject({
      endpoint: `https://${'0'.repeat(32)}.eu.r2.cloudflarestorage.com`,
      region: 'auto',
    });
  });

  test('is refused without answers to Mastodon', () => {
    const sources = { services, keys, release, memoryMebibytes: 1 };

    expect(() => planOf({ answers: () => undefined, ...sources })).toThrow('mastodon');
  });
});

describe('the instance', () => {
  test.each<[Values, string]>([
    [{ community: 'community', registrations: 'open' }, 'open'],
    [{ community: 'community', registrations: 'approval' }, 'approval'],
    [{ community: 'community' }, 'closed'],
    [{ community: 'alone', registrations: 'open' }, 'closed'],
  ])('of %j has registrations %s', (other, registrations) => {
    const instance = instanceOf(answersOf({ mastodon: { ...mastodon, ...other } }));

    expect(instance).toEqual({
      owner: { name: 'anna', email: 'anna@example.org' },
      registrations,
      keepMediaDays: 7,
      keepPostsDays: undefined,
    });
  });

  test('keeps messages of others as long as the owner says', () => {
    const more = { authorizedFetch: 'no', limitedFederation: 'no', keepPostsDays: '90' };

    expect(instanceOf(answersOf({ mastodon, 'mastodon-more': more })).keepPostsDays).toBe(90);
  });
});

test('memory and split come from the device', () => {
  const device = fakeDevice({
    '/proc/meminfo': 'MemTotal:        3882976 kB\nMemFree:  1 kB\n',
    '/usr/lib/hearth/mastodon.json': '{"profile":"three"}',
  });
  const bare = fakeDevice({ '/usr/lib/hearth/mastodon.json': '{"profile":"auto"}' });

  expect([memoryOf(device.look), profileChoice(device.look)]).toEqual([3_792, 'three']);
  expect([memoryOf(bare.look), profileChoice(bare.look)]).toEqual([0, undefined]);
  device.remove();
  bare.remove();
});
