import { describe, expect, test } from 'vitest';
import { mastodonChecks } from '../../../../stages/70-mastodon/setup/checks/mastodon-checks.ts';
import { fakeDevice } from '../../20-system-setup/fake-device.ts';
import { scenery } from './checks-device.ts';
import { makeCertificate } from './fake-internet.ts';
import { type Answer, web } from './fake-mastodon.ts';

const publicChecks = [
  'names',
  'pages',
  'account',
  'cache',
  'actor',
  'inbox',
  'instance',
  'streaming',
  'others',
];
const _challenge: Answer = {
  status: 403,
  headers: { 'content-type': 'text/html', 'cf-mitigated': 'challenge' },
  body: '<title>Just a moment...</title>',
};

describe('the checks of Mastodon', () => {
  test('are sixteen, and all quiet on a device without Mastodon', async () => {
    const device = fakeDevice();
    const results = await Promise.all(mastodonChecks.map(async ({ run }) => await run(device.look)));
    device.remove();
    expect(new Set(mastodonChecks.map(({ id }) => id)).size).toBe(16);
    expect(results.every(({ state }) => state === 'good')).toBe(true);
    expect(device.calls).toEqual([]);
  });

  test.each(publicChecks)('find nothing wrong with a healthy server: %s', async (name) => {
    const { look } = await scenery();
    expect(await look(`mastodon.${name}`)).toMatchObject({ state: 'good' });
  });

  test.each(publicChecks)(
    'find nothing wrong with a secure, limited server on one domain: %s',
    async (name) => {
      const { look, internet } = await scenery({ isSecure: true, isLimited: true });
      Object.assign(internet.traits, { isSecure: true, isLimited: true });
      expect(await look(`mastodon.${name}`)).toMatchObject({ state: 'good' });
    },
  );

  test.each([
    ['account', 530, 'has no way to this device'],
    ['pages', 530, 'has no way to this device'],
    ['pages', 502, 'does not answer (502)'],
    ['pages', 404, '(404)'],
    ['pages', 421, 'does not know the name'],
    ['instance', 500, 'does not answer (500)'],
    ['actor', 404, '(404)'],
    ['inbox', 404, '(404)'],
    ['inbox', 503, 'does not answer (503)'],
  ])('tell what it means for %s when %i comes back', async (name, status, words) => {
    const { look, internet } = await scenery();
    internet.inFront = () => ({ status, headers: { 'content-type': 'text/html' }, body: '<h1>No</h1>' });
    expect(await look(`mastodon.${name}`)).toMatchObject({
      state: 'bad',
      says: expect.stringContaining(words),
    });
  });

  test.each(publicChecks.slice(1))('tell of a name that nobody knows: %s', async (name) => {
    const { look, internet } = await scenery();
    for (const key of Object.keys(internet.records)) delete internet.records[key];
    expect(await look(`mastodon.${name}`)).toMatchObject({
      state: 'bad',
      says: expect.stringMatching(/The name (social\.)?example\.org is not known/),
    });
  });

  test('tell of a certificate that proves nothing', async () => {
    const { look, internet } = await scenery();
    const { connect } = internet.world;
    const { cert } = makeCertificate('DNS:other.example');
    Object.assign(internet.world, {
      connect: async (name: string) => ({ ...(await connect(name)), ca: cert }),
    });
    expect((await look('mastodon.pages')).says).toContain('can not prove to be it');
  });

  test('tell of a server that does not answer', async () => {
    const { look, internet } = await scenery();
    internet.places[web] = 9;
    expect((await look('mastodon.pages')).says).toContain('does not answer over the Internet');
  });
});
