import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { sharedWeb } from './shared-web.ts';
import { formType } from './web-server.ts';

const web = sharedWeb();

describe('a request that is refused changes nothing', () => {
  const right = () => ({ ...web.session(), host: web.host });

  it.each([
    ['a foreign Host', 421, { host: 'evil.example' }],
    ['a Host that only begins like ours', 421, { host: 'hearth.local.evil.example' }],
    ['a foreign Origin', 403, { origin: 'http://evil.example' }],
    ['the Origin "null"', 403, { origin: 'null' }],
    ['an Origin with another scheme', 403, { origin: 'https://hearth.local' }],
    ['an Origin with another port', 403, { origin: 'http://hearth.local:1' }],
    ['Sec-Fetch-Site: cross-site', 403, { 'sec-fetch-site': 'cross-site' }],
    ['Sec-Fetch-Site: same-site', 403, { 'sec-fetch-site': 'same-site' }],
    ['no cookie', 403, { cookie: '' }],
    ['a cookie that is no token', 403, { cookie: 'hearth=../../etc/passwd' }],
    ['the token of another session', 403, { cookie: `hearth=${'y'.repeat(43)}` }],
    ['JSON', 415, { 'content-type': 'application/json' }],
    ['multipart', 415, { 'content-type': 'multipart/form-data; boundary=x' }],
    ['no content type', 415, { 'content-type': '' }],
    ['another character set', 415, { 'content-type': `${formType}; charset=utf-16` }],
  ])('%s: %i', async (_what, expected, wrong) => {
    const { cookie, field } = right();
    const { status } = await web.ask({
      path: '/setup/device',
      method: 'POST',
      headers: { cookie, ...wrong },
      body: `${field}&name=attic`,
    });

    expect(status).toBe(expected);
    expect(web.door.changes).toEqual([]);
  });

  it.each([
    ['no form token', 403, () => 'name=attic'],
    ['a wrong form token', 403, () => `_token=${'a'.repeat(43)}&name=attic`],
    ['a field twice', 400, (field: string) => `${field}&name=a&name=b`],
    ['a broken escape', 400, (field: string) => `${field}&name=%zz`],
    ['bytes that are no UTF-8', 400, (field: string) => `${field}&name=%ff%fe`],
    ['bytes that are no ASCII', 400, (field: string) => `${field}&name=\u00e4`],
    ['a field without a name', 400, (field: string) => `${field}&=attic`],
    [
      'too many fields',
      400,
      (field: string) => `${field}${Array.from({ length: 100 }, (_, n) => `&f${n}=1`).join('')}`,
    ],
    ['too much', 413, (field: string) => `${field}&name=${'a'.repeat(33_000)}`],
  ])('%s: %i', async (_what, expected, body) => {
    const { cookie, field } = right();
    const answer = await web.ask({
      path: '/setup/device',
      method: 'POST',
      headers: { cookie },
      body: body(field),
    });

    expect(answer.status).toBe(expected);
    expect(web.door.changes).toEqual([]);
  });

  it('too much without saying how much: 413', async () => {
    const { cookie, field } = right();
    const answer = await web.ask({
      path: '/setup/device',
      method: 'POST',
      headers: { cookie, 'transfer-encoding': 'chunked' },
      body: `${field}&name=${'a'.repeat(40_000)}`,
    });

    expect(answer.status).toBe(413);
    expect(web.door.changes).toEqual([]);
  });

  it.each([
    '/setup/apply',
    '/setup/retry',
    '/setup/skip-step',
    '/restart',
    '/reset',
    '/support-bundle',
    '/logout',
  ])('POST %s without a session: 403', async (path) => {
    for (const phase of ['unclaimed', 'asking', 'applying'] as const) {
      web.door.setPhase(phase);
      expect((await web.ask({ path, method: 'POST', body: 'name=hearth' })).status).toBe(403);
    }
    expect(web.door.changes).toEqual([]);
  });

  it('one without Origin needs a Referer of this device', async () => {
    const post = async (headers: Record<string, string>) => {
      const socket = connect(web.port, '127.0.0.1');
      const lines = Object.entries({
        host: web.host,
        'content-type': formType,
        'content-length': '8',
        connection: 'close',
        ...headers,
      });
      socket.write(
        `POST /claim HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\ncode=abc`,
      );
      const [first] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return first.toString().split('\r\n')[0];
    };

    expect(await post({})).toContain(' 403 ');
    expect(web.door.changes).toEqual([]);
    expect(await post({ referer: 'http://evil.example/' })).toContain(' 403 ');
    expect(web.door.changes).toEqual([]);
    expect(await post({ referer: `http://${web.host}/` })).toContain(' 403 ');
    expect(web.door.changes).toEqual(['claim']);
  });

  it.each([
    [404, { path: '/nothing' }],
    [404, { path: '/../etc/passwd' }],
    [404, { path: '/%2e%2e/etc/passwd' }],
    [404, { path: '/setup/../../etc' }],
    [404, { path: 'http://evil.example/' }],
    [405, { method: 'OPTIONS' }],
    [405, { method: 'DELETE' }],
    [405, { method: 'PUT', path: '/setup/device' }],
    [405, { path: '/claim' }],
    [405, { path: '/nothing', method: 'PROPFIND' }],
  ])('%i for %j', async (expected, question) => {
    const { status, headers } = await web.ask(question);

    expect(status).toBe(expected);
    if (expected === 405) expect(headers['allow']).toBeDefined();
  });

  it.each([
    ['no Host header', 'GET / HTTP/1.1\r\n\r\n'],
    ['two Host headers', 'GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n'],
    ['no HTTP', '\x16\x03\x01\x02\x00\x01\r\n\r\n'],
  ])('%s: 400', async (_what, text) => {
    const socket = connect(web.port, '127.0.0.1');
    socket.write(text);
    const [first] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();

    expect(first.toString()).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('a keeper that does not answer: 503, and the next visit works', async () => {
    web.door.isUnreachable = true;
    expect((await web.ask()).status).toBe(503);
    web.door.isUnreachable = false;
    expect((await web.ask()).status).toBe(200);
  });
});

describe('the language switch', () => {
  it.each([
    ['/setup/device', '/setup/device'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['https://evil.example', '/'],
    ['/a\r\nSet-Cookie: x=y', '/'],
  ])('goes back from %j to %s', async (back, expected) => {
    const { status, headers } = await web.ask({
      path: '/language',
      method: 'POST',
      body: new URLSearchParams({ lang: 'de', back }).toString(),
    });

    expect([status, headers['location']]).toEqual([303, expected]);
    expect(headers['set-cookie']).toEqual([expect.stringMatching(/^lang=de; /)]);
  });
});
