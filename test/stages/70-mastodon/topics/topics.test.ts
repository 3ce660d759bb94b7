import { describe, expect, test } from 'vitest';
import { languageOfDevice } from '../../../../stages/70-mastodon/setup/topics/languages.ts';
import { mastodonTopic } from '../../../../stages/70-mastodon/setup/topics/mastodon-topic.ts';
import { makeMediaTopic } from '../../../../stages/70-mastodon/setup/topics/media-topic.ts';
import { moreTopic } from '../../../../stages/70-mastodon/setup/topics/more-topic.ts';
import { lookAt } from '../../../../stages/90-first-boot/agent/device/look.ts';
import { checkTopic } from '../../../../stages/90-first-boot/agent/setup/check-topic.ts';
import type { Answers, Topic, Values } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { localText } from '../../../../stages/90-first-boot/agent/text/local-text.ts';
import { fakeDevice } from '../../20-system-setup/fake-device.ts';

const mediaTopic = makeMediaTopic(() => ({ resolver: 'http://127.0.0.1:9' }));
const server: Answers = { cluster: { state: 'answered', values: { role: 'server' } } };
const good: Values = {
  domain: 'example.org',
  owner: 'anna',
  email: 'anna@example.org',
  community: 'alone',
  language: 'de',
};
const r2: Values = {
  where: 'r2',
  account: '0123456789abcdef0123456789abcdef',
  bucket: 'anna-media',
  accessKey: 'a'.repeat(32),
  secretKey: 'b'.repeat(64),
  publicHost: 'files.example.org',
};
const s3: Values = {
  ...r2,
  where: 's3',
  endpoint: 'https://s3.example.com',
  accessKey: 'AK',
  secretKey: 'x/+=',
};

async function mistakes(topic: Topic, values: Values, answers: Answers): Promise<readonly string[]> {
  const found = await checkTopic({ topic, values, answers, source: 'file' }, lookAt('/nonexistent'));
  return found.map(({ field = '', message }) => `${field}: ${localText(message, 'en')}`);
}

describe('the answers to Mastodon', () => {
  test.each<[string, Values]>([
    ['for one person', {}],
    ['with other pages', { webDomain: 'social.example.org' }],
    ['for several', { community: 'community', registrations: 'approval' }],
    ['with an international domain', { domain: 'xn--mller-kva.example' }],
    ['with the longest name', { owner: 'a_1'.repeat(10) }],
    ['with a plus in the address', { email: 'anna+mastodon@mail.example.co.uk' }],
  ])('can be %s', async (_what, other) => {
    expect(await mistakes(mastodonTopic, { ...good, ...other }, server)).toEqual([]);
  });

  test.each<[string, Values, RegExp]>([
    ['a missing domain', { domain: '' }, /^domain: Please fill/],
    ['an address of a page', { domain: 'https://example.org/' }, /^domain: Only the name/],
    ['one word', { domain: 'example' }, /^domain: The ending/],
    ['an umlaut', { domain: 'Müller.example' }, /^domain: .*xn--mller-kva\.example$/],
    ['a broken international name', { domain: 'xn--a.example' }, /^domain: A name has/],
    ['capitals', { domain: 'Example.org' }, /^domain: .*small letters/],
    ['an underscore', { domain: 'my_home.example.org' }, /^domain: A name has/],
    ['the name of the device', { domain: 'hearth.local' }, /^domain: .*only at home/],
    ['the router', { domain: 'hearth.fritz.box' }, /^domain: .*only at home/],
    ['an address in numbers', { domain: '192.168.1.20' }, /^domain: .*numbers/],
    ['an end of names', { domain: 'co.uk' }, /^domain: Nobody owns/],
    ['a lent name', { domain: 'red-fox.trycloudflare.com' }, /^domain: .*only lent/],
    ['twice the same domain', { webDomain: 'example.org' }, /^webDomain: .*leave this field empty/],
    ['a wrong domain of the pages', { webDomain: 'hearth.local' }, /^webDomain: .*only at home/],
    ['a reserved name', { owner: 'admin' }, /^owner: .*keeps this name back/],
    ['a whole handle', { owner: '@anna@example.org' }, /^owner: Only the name itself/],
    ['a name with capitals', { owner: 'Anna' }, /^owner: .*small letters/],
    ['a name with a hyphen', { owner: 'anna-b' }, /^owner: A name has 1 to 30/],
    ['a name of 31 letters', { owner: 'a'.repeat(31) }, /^owner: A name has 1 to 30/],
    ['an address without a domain', { email: 'anna' }, /^email: This is no e-mail/],
    ['an address at home', { email: 'anna@hearth.local' }, /^email: This is no e-mail/],
    ['an address with two dots', { email: 'anna..b@example.org' }, /^email: This is no e-mail/],
    ['no word on who may sign up', { community: 'community' }, /^registrations: Please fill/],
    ['a language that Mastodon does not speak', { language: 'tlh' }, /^language: Please choose/],
  ])('are refused with %s', async (_what, other, words) => {
    expect(await mistakes(mastodonTopic, { ...good, ...other }, server)).toEqual([
      expect.stringMatching(words),
    ]);
  });

  test.each<[string, Values, Answers, RegExp]>([
    ['without apps', {}, {}, /^: Mastodon needs apps/],
    ['when apps were skipped', {}, { cluster: { state: 'skipped' } }, /^: Mastodon needs apps/],
    [
      'on a device that joins another',
      {},
      { cluster: { state: 'answered', values: { role: 'agent' } } },
      /^: This device joins/,
    ],
    [
      'under the name of the files',
      { webDomain: 'files.example.org' },
      { ...server, 'mastodon-media': { state: 'answered', values: r2 } },
      /^webDomain: Under this name the pictures/,
    ],
    [
      'when the tunnel that the device makes has another name',
      { webDomain: 'social.example.org' },
      { ...server, tunnel: { state: 'answered', values: { how: 'api', hostname: 'www.example.org' } } },
      /^webDomain: The way into the Internet is set up for www\.example\.org.*social\.example\.org/,
    ],
  ])('are refused %s', async (_what, other, answers, words) => {
    expect(await mistakes(mastodonTopic, { ...good, ...other }, answers)).toEqual([
      expect.stringMatching(words),
    ]);
  });

  test.each<[string, Answers]>([
    ['the same name', { tunnel: { state: 'answered', values: { how: 'api', hostname: 'example.org' } } }],
    [
      'a way that the owner made',
      { tunnel: { state: 'answered', values: { how: 'token', hostname: 'www.example.org' } } },
    ],
    ['no tunnel', { tunnel: { state: 'skipped' } }],
  ])('go with %s of the tunnel', async (_what, tunnel) => {
    expect(await mistakes(mastodonTopic, good, { ...server, ...tunnel })).toEqual([]);
  });

  test('are asked only by an image that has both container images', async () => {
    const list = (...names: readonly string[]) =>
      JSON.stringify({ format: 1, mirrors: [], artifacts: names.map((name) => ({ name })) });
    const asks = async (text?: string) => {
      const device = fakeDevice(text === undefined ? {} : { '/usr/lib/hearth/artifacts.json': text });
      const topics = [mastodonTopic, mediaTopic, moreTopic];
      const found = await Promise.all(topics.map(async (topic) => await topic.isAvailable?.(device.look)));
      device.remove();
      return found;
    };

    expect(await asks(list('k3s', 'mastodon', 'mastodon-streaming'))).toEqual([true, true, true]);
    expect(await asks(list('k3s', 'mastodon'))).toEqual([false, false, false]);
    expect(await asks()).toEqual([false, false, false]);
  });

  test.each([
    ['LANG=de_AT.UTF-8\n', 'de'],
    ['LANG="pt_BR.UTF-8"\n', 'pt-BR'],
    ['LANG=en_GB.UTF-8\n', 'en-GB'],
    ['LANG=C.UTF-8\n', 'en'],
    ['LANG=xx_YY.UTF-8\n', 'en'],
  ])('begin with the language of the device: %s', async (text, language) => {
    const device = fakeDevice({ '/etc/locale.conf': text });

    expect(await languageOfDevice(device.look)).toBe(language);
    device.remove();
  });
});

describe('the domains of a Mastodon that is there', () => {
  test.each<[Values, { readonly local: string; readonly pages: string } | undefined, RegExp | undefined]>([
    [good, undefined, undefined],
    [{ ...good, owner: 'other' }, { local: 'example.org', pages: 'example.org' }, undefined],
    [good, { local: 'example.com', pages: 'example.com' }, /^domain: .*made for example\.com/],
    [good, { local: 'example.org', pages: 'w.example.org' }, /^webDomain: .*are at w\.example\.org/],
    [
      { ...good, webDomain: 'w.example.org' },
      { local: 'example.org', pages: 'example.org' },
      /^webDomain: .*leave this field empty/,
    ],
    [{ ...good, webDomain: 'w.example.org' }, { local: 'example.org', pages: 'w.example.org' }, undefined],
  ])('%j with %j: %s', async (values, known, words) => {
    const path = '/var/lib/hearth/mastodon/domains.json';
    const device = fakeDevice(known === undefined ? {} : { [path]: JSON.stringify(known) });

    const kept = await mastodonTopic.exchange?.(values, device.look, new AbortController().signal);

    device.remove();
    if (words === undefined) expect(kept).toEqual({ values });
    else {
      const problems = kept !== undefined && 'problems' in kept ? kept.problems : [];
      const said = problems.map(({ field, message }) => `${field}: ${localText(message, 'en')}`);
      expect(said).toEqual([expect.stringMatching(words)]);
    }
  });
});

describe('the answers about media', () => {
  test.each<[string, Values]>([
    ['on the device', { where: 'local' }],
    ['at R2', r2],
    ['at R2 in the EU', { ...r2, account: `${r2['account']}.eu` }],
    ['at an S3 store', s3],
    [
      'at a store with a port and a region',
      { ...s3, endpoint: 'https://s3.example.com:9000/', region: 'eu-central-1' },
    ],
    ['at a box at home', { ...s3, endpoint: 'http://192.168.1.30:9000' }],
    ['at a box with a name at home', { ...s3, endpoint: 'http://nas.local:9000' }],
  ])('can be %s', async (_what, values) => {
    expect(await mistakes(mediaTopic, values, {})).toEqual([]);
  });

  test.each<[string, Values, RegExp]>([
    ['a short account', { ...r2, account: '0123' }, /^account: The account ID has 32/],
    ['the value of an API token', { ...r2, accessKey: 'v1.0-abc_def' }, /^accessKey: An access key ID of R2/],
    ['a short secret', { ...r2, secretKey: 'b'.repeat(63) }, /^secretKey: A secret access key of R2/],
    ['no secret', { ...r2, secretKey: '' }, /^secretKey: Please fill/],
    ['a bucket in capitals', { ...r2, bucket: 'Media' }, /^bucket: The name of a bucket/],
    ['an r2.dev address', { ...r2, publicHost: 'pub-0123.r2.dev' }, /^publicHost: .*r2\.dev/],
    ['a name at home for the files', { ...r2, publicHost: 'hearth.local' }, /^publicHost: .*only at home/],
    [
      'an endpoint with the bucket',
      { ...s3, endpoint: 'https://s3.example.com/b' },
      /^endpoint: An address such/,
    ],
    [
      'an endpoint without https',
      { ...s3, endpoint: 'http://s3.example.com' },
      /^endpoint: Only a store at home/,
    ],
    [
      'a public address without https',
      { ...s3, endpoint: 'http://11.0.0.1' },
      /^endpoint: Only a store at home/,
    ],
    ['a key with a space', { ...s3, accessKey: 'A K' }, /^accessKey: A key has no spaces/],
  ])('are refused with %s', async (_what, values, words) => {
    expect(await mistakes(mediaTopic, values, {})).toEqual([expect.stringMatching(words)]);
  });

  test.each(['example.org', 'social.example.org'])(
    'are refused with the name of the pages, %s',
    async (host) => {
      const mastodon = { state: 'answered', values: { ...good, webDomain: 'social.example.org' } } as const;

      expect(await mistakes(mediaTopic, { ...r2, publicHost: host }, { mastodon })).toEqual([
        expect.stringMatching(/^publicHost: The pages of Mastodon/),
      ]);
    },
  );
});

describe('the answers for experts', () => {
  const usual: Values = { authorizedFetch: 'no', limitedFederation: 'no' };

  test.each<[Values, readonly RegExp[]]>([
    [usual, []],
    [{ ...usual, keepMediaDays: '1', keepPostsDays: '90' }, []],
    [{ ...usual, keepMediaDays: '0' }, [/^keepMediaDays: A number from 1/]],
    [{ ...usual, keepMediaDays: '7.5' }, [/^keepMediaDays: A number from 1/]],
    [{ ...usual, keepPostsDays: '7' }, [/^keepPostsDays: A number from 30/]],
    [{ ...usual, keepPostsDays: '9999' }, [/^keepPostsDays: A number from 30/]],
  ])('%j', async (values, words) => {
    expect(await mistakes(moreTopic, values, {})).toEqual(words.map((one) => expect.stringMatching(one)));
  });
});

test('every text for the owner is there in English and German', () => {
  const texts = JSON.stringify([mastodonTopic, mediaTopic, moreTopic]);

  expect(texts.match(/"en":/g)?.length).toBeGreaterThan(30);
  expect(texts.match(/"en":/g)?.length).toBe(texts.match(/"de":/g)?.length);
});
