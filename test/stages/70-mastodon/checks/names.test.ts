import { describe, expect, test } from 'vitest';
import { scenery } from './checks-device.ts';
import { type Answer, local, web } from './fake-mastodon.ts';

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
const _challenge: Answer = {
  status: 403,
  headers: { 'content-type': 'text/html', 'cf-mitigated': 'challenge' },
  body: '<title>Just a moment...</title>',
};

describe('the check of names', () => {
  const id = 'mastodon.names';

  test('misses a name', async () => {
    const { look, internet } = await scenery();
    delete internet.records[`A ${local}`];
    expect(await look(id)).toMatchObject({
      state: 'bad',
      says: expect.stringContaining(`name ${local} is not`),
    });
  });

  test.each(['192.168.1.5', '10.0.0.1', '100.64.3.4', 'fd00::1', '64:ff9b::c0a8:105'])(
    'refuses the address %s in the Internet, and warns of it at home',
    async (address) => {
      const { look, internet } = await scenery();
      internet.here[web] = [address];
      expect(await look(id)).toMatchObject({
        state: 'warning',
        says: expect.stringContaining('In your network'),
      });
      internet.records[`AAAA ${web}`] = [address];
      expect(await look(id)).toMatchObject({ state: 'bad', says: expect.stringContaining(address) });
    },
  );

  test('looks at the host of the files too', async () => {
    const bucket = { region: 'auto', bucket: 'b', accessKey: 'a', secretKey: 's' };
    const { look } = await scenery({
      media: { where: 'bucket', endpoint: 'https://s3.example', publicHost: 'files.example.org', ...bucket },
    });
    expect((await look(id)).says).toContain('files.example.org');
  });
});

describe('the check of the pages', () => {
  test('tells that something else answers', async () => {
    const { look, internet } = await scenery();
    internet.inFront = () => ({ status: 200, body: 'Welcome to nginx' });
    expect((await look('mastodon.pages')).says).toContain('Something else');
  });

  test.each([
    [`https://${web}/health`, 'sends visitors elsewhere'],
    ['https://team.cloudflareaccess.com/login', 'Cloudflare Access'],
  ])('tells that visitors are sent to %s', async (location, words) => {
    const { look, internet } = await scenery();
    internet.inFront = () => ({ status: 302, headers: { location } });
    expect((await look('mastodon.pages')).says).toContain(words);
  });
});

describe('the check of accounts', () => {
  const id = 'mastodon.account';

  test('misses the redirect of the other domain, and has the rule for it', async () => {
    const { look, internet } = await scenery();
    internet.inFront = ({ host }) => (host === local ? { status: 200, body: 'my blog' } : undefined);
    const { state, todo } = await look(id);
    expect(state).toBe('bad');
    expect(todo).toContain(`concat("https://${web}", http.request.uri.path)`);
    expect(todo).toContain('"Preserve query string" on');
  });

  test('notices a redirect that forgets what was asked', async () => {
    const { look, internet } = await scenery();
    internet.inFront = ({ host }) =>
      host === local
        ? { status: 301, headers: { location: `https://${web}/.well-known/webfinger` } }
        : undefined;
    expect(await look(id)).toMatchObject({ state: 'bad', todo: expect.stringContaining('query string') });
  });

  test.each([
    [{ subject: 'acct:ada@blog.example' }, 'is told acct:ada@blog.example'],
    [{ selfHost: 'old.example.org' }, 'https://old.example.org/users/ada'],
  ])('notices another answer: %o', async (trait, words) => {
    const { look, internet } = await scenery();
    Object.assign(internet.traits, trait);
    expect(await look(id)).toMatchObject({ state: 'bad', says: expect.stringContaining(words) });
  });

  test.each(['/.well-known/webfinger?resource=acct%3Aada%40example.org', 'http://social.example.org/x'])(
    'does not follow where nothing better can come: %s',
    async (location) => {
      const { look, internet } = await scenery();
      internet.inFront = () => ({ status: 302, headers: { location } });
      expect((await look(id)).says).toContain('does not lead other servers on');
      expect(internet.asked.length).toBe(1);
    },
  );

  test('follows no redirect without end', async () => {
    const { look, internet } = await scenery();
    let count = 0;
    internet.inFront = () => ({ status: 302, headers: { location: `https://${web}/${count++}` } });
    expect((await look(id)).state).toBe('bad');
    expect(internet.asked.length).toBe(4);
  });
});

describe('the check of what the server says of itself', () => {
  test('knows what runs since an upgrade', async () => {
    const { look, device, internet } = await scenery();
    internet.traits.version = '4.7.5';
    expect((await look('mastodon.instance')).state).toBe('warning');
    device.put('/var/lib/hearth/mastodon/release.json', '{"version":"v4.7.5"}');
    expect((await look('mastodon.instance')).state).toBe('good');
  });

  test.each([
    [{ version: '4.7.3' }, 'warning', 'Mastodon 4.7.3 answers'],
    [{ domain: 'other.example' }, 'bad', 'belong to other.example'],
    [{ streaming: 'wss://other.example' }, 'bad', 'to wss://other.example'],
    [{ isLimited: true }, 'bad', '(401)'],
  ])('notices %o', async (trait, state, words) => {
    const { look, internet } = await scenery();
    Object.assign(internet.traits, trait);
    expect(await look('mastodon.instance')).toMatchObject({ state, says: expect.stringContaining(words) });
  });
});
