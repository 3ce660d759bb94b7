import { describe, expect, test } from 'vitest';
import { scenery } from './checks-device.ts';
import { type Answer, type Asked, web } from './fake-mastodon.ts';

const _publicChecks = [
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
const challenge: Answer = {
  status: 403,
  headers: { 'content-type': 'text/html', 'cf-mitigated': 'challenge' },
  body: '<title>Just a moment...</title>',
};

describe('the check of pages and data', () => {
  const id = 'mastodon.cache';

  test('notices a cache that gives to all what the first one got, and has the rule against it', async () => {
    const { look, internet } = await scenery();
    const kept = new Map<string, Answer>();
    internet.inFront = ({ url }) => kept.get(url);
    internet.onTheWayBack = ({ url }, answer) => {
      if (url.startsWith('/users/')) kept.set(url, answer);
      return answer;
    };
    const { state, says, todo } = await look(id);
    expect([state, says]).toEqual(['bad', expect.stringContaining('cache mixes')]);
    expect(todo).toContain(`(http.host eq "${web}" and (any(http.request.headers["accept"][*] contains`);
    expect(todo).toContain('starts_with(http.request.uri.path, "/users/")');
  });

  test('notices an answer from a cache even when it happens to be the right one', async () => {
    const { look, internet } = await scenery();
    internet.onTheWayBack = (_asked, answer) => ({
      ...answer,
      headers: { ...answer.headers, 'cf-cache-status': 'HIT' },
    });
    expect((await look(id)).says).toContain('cache mixes');
  });

  test('does not mind a script of Cloudflare in a page that is let through', async () => {
    const { look, internet } = await scenery();
    internet.onTheWayBack = (_asked, answer) => ({
      ...answer,
      body: answer.body?.replace('</title>', '</title><script src="/cdn-cgi/challenge-platform/jsd">') ?? '',
    });
    expect((await look(id)).state).toBe('good');
  });

  test('does not take data without a key for an account', async () => {
    const { look, internet } = await scenery();
    internet.traits.isWithoutKey = true;
    expect((await look(id)).state).toBe('bad');
  });

  test('does not accept a refusal for want of a signature from a server that asks for none', async () => {
    const { look, internet } = await scenery();
    internet.traits.isSecure = true;
    expect((await look(id)).state).toBe('bad');
  });
});

describe('the check of the identity', () => {
  test('notices a sign-in in front of it', async () => {
    const { look, internet } = await scenery({ isSecure: true });
    internet.inFront = () => ({ status: 401, body: '{}' });
    expect((await look('mastodon.actor')).says).toContain('wants a sign-in');
  });

  test('notices another server', async () => {
    const { look, internet } = await scenery();
    internet.inFront = () => ({ status: 200, body: '{"id":"https://other.example/actor","publicKey":{}}' });
    expect((await look('mastodon.actor')).says).toContain('https://other.example/actor');
  });
});

describe('the check of the inbox', () => {
  const id = 'mastodon.inbox';

  test('notices a protection against robots, and tells how to switch it off', async () => {
    const { look, internet } = await scenery();
    internet.inFront = ({ method }) => (method === 'POST' ? challenge : undefined);
    const { state, says, todo } = await look(id);
    expect([state, says]).toEqual(['bad', expect.stringContaining('prove that they are human')]);
    expect(todo).toContain('Bot Fight Mode');
    expect(todo).toContain(`(http.host eq "${web}")`);
    expect((await look('mastodon.account')).state).toBe('good');
  });

  test.each([
    [{ status: 403, headers: { 'content-type': 'text/html' } }, 'prove that they are human'],
    [{ status: 503, body: '<script src="/cdn-cgi/challenge-platform/x">' }, 'prove that they are human'],
    [{ status: 401, headers: { 'content-type': 'text/html' } }, 'sign-in'],
    [{ status: 202 }, 'without a signature'],
  ])('notices what is not Mastodon: %o', async (answer, words) => {
    const { look, internet } = await scenery();
    internet.inFront = () => answer;
    expect(await look(id)).toMatchObject({ state: 'bad', says: expect.stringContaining(words) });
  });
});

describe('the check of live streams', () => {
  test.each([
    [{ status: 404 }, 'end in the wrong place (404)'],
    [{ status: 200, headers: { 'content-type': 'text/html' } }, 'end in the wrong place (200)'],
    [
      { status: 101, headers: { upgrade: 'websocket', connection: 'upgrade' } },
      'end in the wrong place (101)',
    ],
    [{ status: 426 }, 'lose what makes them one'],
    [challenge, 'prove that they are human'],
  ])('notices %o', async (answer, words) => {
    const { look, internet } = await scenery();
    internet.inFront = ({ upgrade }) => (upgrade === '' ? undefined : answer);
    expect(await look('mastodon.streaming')).toMatchObject({
      state: 'bad',
      says: expect.stringContaining(words),
    });
  });
});

describe('the check of other Mastodon servers', () => {
  const id = 'mastodon.others';
  const isMastodon = ({ agent }: Asked) => /^Mastodon\/4\.7\.4 \(http\.rb\//.test(agent);

  test('calls itself what they do', async () => {
    const { look, internet } = await scenery();
    await look(id);
    expect(internet.asked.filter(isMastodon).length).toBe(3);
  });

  test.each(['GET', 'POST'])('notices a rule against them alone, at %s', async (wanted) => {
    const { look, internet } = await scenery();
    internet.inFront = (asked) => (isMastodon(asked) && asked.method === wanted ? challenge : undefined);
    expect(await look(id)).toMatchObject({
      state: 'bad',
      says: expect.stringContaining('call themselves Mastodon are kept out'),
      todo: expect.stringContaining('Bot Fight Mode'),
    });
  });

  test('says the same as the others when nobody is let through', async () => {
    const { look, internet } = await scenery();
    internet.inFront = () => ({ status: 530 });
    expect((await look(id)).says).toContain('has no way to this device');
  });
});
