import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { administrator, rightCode } from './fake-door.ts';
import { failedHappenings, logOf } from './sample-status.ts';
import { sharedWeb } from './shared-web.ts';

const canary = 'CANARY-7Qx-secret';

const web = sharedWeb();

describe('every answer', () => {
  it('lets nothing foreign be loaded, framed, kept or read by other pages', async () => {
    for (const path of ['/', '/nothing']) {
      const { headers } = await web.ask({ path });
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; /);
      expect(headers['content-security-policy']).toContain("form-action 'self'");
      expect(headers['content-security-policy']).not.toMatch(/unsafe|upgrade-insecure-requests|\*/);
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['x-frame-options']).toBe('DENY');
      expect(headers['referrer-policy']).toBe('same-origin');
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it('is compressed for browsers that can, and the same without', async () => {
    const plain = await web.ask();
    const packed = await web.ask({ headers: { 'accept-encoding': 'gzip, br' } });
    const refused = await web.ask({ headers: { 'accept-encoding': 'gzip;q=0' } });

    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(Number(packed.headers['content-length'])).toBeLessThan(plain.body.length / 2);
    expect(refused.headers['content-encoding']).toBeUndefined();
  });

  it('has no body for HEAD', async () => {
    const { status, headers, body } = await web.ask({ method: 'HEAD' });

    expect([status, body]).toEqual([200, '']);
    expect(Number(headers['content-length'])).toBeGreaterThan(1000);
  });

  it('comes in the language of the browser, or in the one that was chosen', async () => {
    const browser = await web.ask({ headers: { 'accept-language': 'de-DE,de;q=0.9' } });
    const chosen = await web.ask({ headers: { 'accept-language': 'en', cookie: 'lang=de' } });

    for (const { body } of [browser, chosen]) expect(body).toContain('<html lang="de">');
  });

  it('has files that browsers keep, named by their content', async () => {
    const { body } = await web.ask();
    for (const [, path = ''] of body.matchAll(/(?:href|src)="(\/(?:style|script)[^"]+)"/g)) {
      const { status, headers } = await web.ask({ path });
      expect(status).toBe(200);
      expect(headers['cache-control']).toContain('immutable');
    }
  });
});

describe('before the claim', () => {
  it('nothing is told about the device', async () => {
    for (const path of [
      '/',
      '/nothing',
      '/login',
      '/setup',
      '/setup/device',
      '/doctor',
      '/progress',
      '/reset',
    ]) {
      const { body, status } = await web.ask({ path });
      expect(status).not.toBe(500);
      for (const told of ['hearth.local', '192.168', 'Shared folders', 'Administrator', hostname()])
        expect(body.replaceAll(web.host, ''), `${path} tells ${told}`).not.toContain(told);
    }
  });

  it.each(['/setup', '/setup/device', '/setup/progress', '/setup/events', '/doctor', '/progress', '/reset'])(
    'GET %s leads to the start page',
    async (path) => {
      const { status, headers } = await web.ask({ path });
      expect([status, headers['location']]).toEqual([303, '/']);
    },
  );

  it('a right code opens a session that only the browser knows', async () => {
    const { status, headers } = await web.ask({
      path: '/claim',
      method: 'POST',
      body: `code=${rightCode.toLowerCase()}`,
    });

    expect([status, headers['location']]).toEqual([303, '/']);
    expect(headers['set-cookie']).toEqual([
      expect.stringMatching(/^hearth=[A-Za-z0-9_-]{43}; HttpOnly; SameSite=Strict; Path=\/$/),
    ]);
  });

  it.each([
    ['wrong', 403, { result: 'wrong' }],
    ['limited', 429, { result: 'limited', retrySeconds: 61 }],
    ['taken', 409, { result: 'taken' }],
    ['closed', 403, { result: 'closed' }],
    ['over', 410, { result: 'over' }],
  ] as const)(
    'a claim that is %s gets %i, no session, and the code is not sent back',
    async (_what, expected, refused) => {
      web.door.nextAdmission = refused;
      const { status, headers, body } = await web.ask({
        path: '/claim',
        method: 'POST',
        body: `code=${canary}`,
      });

      expect(status).toBe(expected);
      expect(headers['set-cookie'] ?? []).toEqual([]);
      expect(body).not.toContain(canary);
      expect(body).toContain('<title>Error: ');
      if (expected === 429) expect(headers['retry-after']).toBe('61');
    },
  );
});

describe('the questions', () => {
  it('follow each other, and each is kept with its values', async () => {
    const { cookie, field } = web.session();
    const start = await web.ask({ headers: { cookie } });
    expect(start.headers['location']).toBe('/setup/locale');

    const saved = await web.ask({
      path: '/setup/locale',
      method: 'POST',
      headers: { cookie },
      body: `${field}&language=de`,
    });
    expect([saved.status, saved.headers['location']]).toEqual([303, '/setup/device']);
    expect(saved.headers['set-cookie']).toEqual([expect.stringMatching(/^lang=de; /)]);
    expect(web.door.asked.find(({ name }) => name === 'save')?.ask).toMatchObject({
      topic: 'locale',
      values: { language: 'de' },
    });
  });

  it('keep what was typed after a mistake, but never a secret', async () => {
    const { cookie, field } = web.session();
    const { status, body } = await web.ask({
      path: '/setup/administrator',
      method: 'POST',
      headers: { cookie },
      body: `${field}&name=&password=${canary}&sshKeys=ssh-ed25519+AAAA+me`,
    });

    expect(status).toBe(422);
    expect(body).not.toContain(canary);
    expect(body).toContain('ssh-ed25519 AAAA me</textarea>');
    expect(body).toContain('<a href="#field-name">Please fill this in.</a>');
    expect(body).toContain('aria-describedby="field-name-problem" aria-invalid="true"');
  });

  it('never send back a text that is secret', async () => {
    const { cookie, field } = web.session();
    const [locale] = web.door.topics;
    const key = {
      name: 'key',
      kind: 'text',
      label: 'Key',
      isOptional: false,
      lines: 4,
      isSet: false,
    } as const;
    web.door.change('administrator', { fields: [...(locale?.fields ?? []), key] });
    const { status, body } = await web.ask({
      path: '/setup/administrator',
      method: 'POST',
      headers: { cookie },
      body: `${field}&key=${canary}`,
    });

    expect(status).toBe(422);
    expect(body).not.toContain(canary);
  });

  it('escape whatever is typed', async () => {
    const { cookie, field } = web.session();
    const { body } = await web.ask({
      path: '/setup/device',
      method: 'POST',
      headers: { cookie },
      body: `${field}&name=${encodeURIComponent(`"><script>alert('1')</script> x`)}`,
    });

    expect(body).toContain('&#60;script&#62;');
    expect(body).not.toContain('<script>alert');
  });

  it('ask the world before an answer is kept', async () => {
    const { cookie, field } = web.session();
    const { status, body } = await web.ask({
      path: '/setup/device',
      method: 'POST',
      headers: { cookie },
      body: `${field}&name=taken`,
    });

    expect(status).toBe(422);
    expect(body).toContain('already has this name');
    expect(web.door.changes).toEqual([]);
  });

  it('leave a secret out that was not typed, and say only that there is one', async () => {
    const { cookie, field } = web.session();
    web.door.answerAll();
    await web.ask({
      path: '/setup/administrator',
      method: 'POST',
      headers: { cookie },
      body: `${field}&name=ada&password=&sshKeys=`,
    });
    const { body } = await web.ask({ path: '/setup', headers: { cookie } });

    expect(web.door.asked.find(({ name }) => name === 'save')?.ask['values']).toEqual({
      name: 'ada',
      sshKeys: '',
    });
    expect(body).toContain('<dd>Password: Set</dd>');
  });

  it('can be skipped when they are optional', async () => {
    const { cookie, field } = web.session();
    const { status } = await web.ask({
      path: '/setup/wifi',
      method: 'POST',
      headers: { cookie },
      body: `${field}&network=&_skip=yes`,
    });

    expect(status).toBe(303);
    expect(web.door.changes).toEqual(['skip']);
  });

  it('lead to the progress once they are applied', async () => {
    const { cookie, field } = web.session();
    web.door.answerAll();
    const { status, headers } = await web.ask({
      path: '/setup/apply',
      method: 'POST',
      headers: { cookie },
      body: field,
    });

    expect([status, headers['location']]).toEqual([303, '/setup/progress']);
  });
});

describe('after the setup', () => {
  it.each([
    ['GET', '/setup'],
    ['GET', '/setup/device'],
    ['GET', '/setup/events'],
    ['GET', '/setup/nothing/at/all'],
    ['POST', '/setup/device'],
    ['POST', '/setup/apply'],
    ['POST', '/claim'],
  ])('%s %s is gone', async (method, path) => {
    const { cookie, field } = web.session('complete');
    const { status } = await web.ask({
      method,
      path,
      headers: { cookie },
      ...(method === 'POST' ? { body: field } : {}),
    });

    expect(status).toBe(410);
    expect(web.door.changes).toEqual([]);
  });

  it('only the administrator sees the status page', async () => {
    web.door.setPhase('complete');
    expect((await web.ask()).headers['location']).toBe('/login');
    const stale = await web.ask({ headers: { cookie: `hearth=${'z'.repeat(43)}` } });
    expect(stale.headers['location']).toBe('/login');
    expect(stale.headers['set-cookie']).toEqual([expect.stringContaining('Max-Age=0')]);

    const login = await web.ask({
      path: '/login',
      method: 'POST',
      body: new URLSearchParams(administrator).toString(),
    });
    const [cookie = ''] = login.headers['set-cookie'] ?? [];
    const { body } = await web.ask({ headers: { cookie: cookie.split(';')[0] ?? '' } });
    expect(body).toContain('<h1>hearth</h1>');
  });

  it('says on the status page that a change could not be applied', async () => {
    const { cookie } = web.session('complete');
    web.door.eventLog = logOf(failedHappenings);
    const { body } = await web.ask({ headers: { cookie } });

    expect(body).toContain('A change could not be applied.');
    expect(body).toContain('href="/progress"');
  });

  it('a wrong password says so and is not sent back', async () => {
    web.door.setPhase('complete');
    const { status, body } = await web.ask({
      path: '/login',
      method: 'POST',
      body: `name=ada&password=${canary}`,
    });

    expect(status).toBe(403);
    expect(body).not.toContain(canary);
    expect(body).toContain('value="ada"');
  });

  it('a secret that is shown until it is noted has a button for that, and no other has one', async () => {
    const { cookie, field } = web.session('complete');
    const secret = { label: 'Password', value: 'first password', noted: 's0123456789abcdef' };
    const [link] = web.door.statusView.links;
    const others = web.door.statusView.links;
    web.door.statusView = {
      ...web.door.statusView,
      links: [...others, { ...link, title: 'Owner', address: 'ada@example.org', secret }],
    };
    const { body } = await web.ask({ headers: { cookie } });
    const noted = { path: '/noted/s0123456789abcdef', method: 'POST', headers: { cookie } };
    const forged = await web.ask({ ...noted, body: '_token=other' });
    const changedByForged = web.door.changes;
    const { status, headers } = await web.ask({ ...noted, body: field });

    expect(body).toContain('<code class="secret">first password</code>');
    expect(body.match(/action="\/noted\//g)).toHaveLength(1);
    expect([forged.status, changedByForged]).toEqual([403, []]);
    expect([status, headers['location']]).toEqual([303, '/']);
    expect(web.door.asked.at(-1)).toMatchObject({ name: 'noted', ask: { secret: 's0123456789abcdef' } });
  });

  it('the support bundle comes as a file', async () => {
    const { cookie, field } = web.session('complete');
    const { headers, body } = await web.ask({
      path: '/support-bundle',
      method: 'POST',
      headers: { cookie },
      body: field,
    });

    expect(headers['content-disposition']).toContain('attachment');
    expect(body).toBe('bundle');
  });

  it('a factory reset needs the name of the device', async () => {
    const { cookie, field } = web.session('complete');
    const post = async (name: string) =>
      await web.ask({ path: '/reset', method: 'POST', headers: { cookie }, body: `${field}&name=${name}` });

    expect((await post('')).status).toBe(422);
    expect(web.door.changes).toEqual([]);
    expect((await post('other')).status).toBe(422);
    expect((await post('hearth')).status).toBe(200);
  });
});
