import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { siteFile } from '../../stages/70-mastodon/setup/front/site.ts';
import type { Values } from '../../stages/90-first-boot/agent/setup/define.ts';
import { FrontDoor } from '../helpers/front-door.ts';
import { logOf, runningHappenings } from '../stages/90-first-boot/web/sample-status.ts';

const domain = 'social.example.org';
const bucket: Values = { where: 'r2' };
/** As cloudflared brings a visitor. */
const visitor = { host: domain, 'x-forwarded-proto': 'https', 'cf-connecting-ip': '203.0.113.7' };

let door: FrontDoor;

beforeAll(async () => {
  door = await FrontDoor.open();
});

afterAll(async () => await door[Symbol.asyncDispose]());

describe('the page behind nginx', () => {
  test('answers by the names of the device and knows who asks', async () => {
    expect((await door.ask()).status).toBe(200);
    door.page.asked.length = 0;
    const form = { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://hearth.local:8080' };
    await door.ask({
      method: 'POST',
      path: '/claim',
      headers: { ...form, host: 'hearth.local:8080', 'x-real-ip': '198.51.100.9' },
      body: 'code=AAAA',
    });
    expect(door.page.asked).toContainEqual({
      name: 'claim',
      ask: expect.objectContaining({ address: '127.0.0.1' }),
    });
  });

  test.each([
    ['a foreign name', { host: 'rebind.example.org' }, 421],
    ['two names', { host: 'a.example.org b.example.org' }, 400],
  ])('turns %s away', async (_what, headers, status) => {
    expect((await door.ask({ headers })).status).toBe(status);
  });

  test('is no way to other servers', async () => {
    const close = 'Connection: close\r\n\r\n';
    const asked = async (text: string) => (await door.raw(text)).slice(9, 12);
    expect(await asked(`GET http://example.org/ HTTP/1.1\r\nHost: hearth.local\r\n${close}`)).toBe('421');
    expect(await asked(`GET http://hearth.local/ HTTP/1.1\r\nHost: example.org\r\n${close}`)).toBe('200');
    expect(await asked(`CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n${close}`)).toMatch(
      /^40[05]$/,
    );
    expect(await asked(`GET / HTTP/1.1\r\nHost: hearth.local\r\nHost: example.org\r\n${close}`)).toBe('400');
    expect(await asked(`GET / HTTP/1.1\r\n${close}`)).toBe('400');
    expect(await asked(`GET / HTTP/1.1\r\nHost: HEARTH.local.:80\r\n${close}`)).toBe('200');
    expect(await asked(`GET / HTTP/1.1\r\nHost: [::1]:80\r\n${close}`)).toBe('200');
  });

  test('takes no more than a form', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://hearth.local' };
    const send = async (sizeBytes: number) =>
      (await door.ask({ method: 'POST', path: '/claim', headers, body: Buffer.alloc(sizeBytes, 'a') }))
        .status;
    expect(await send(40 * 1024)).toBe(413);
    expect(await send(1024 * 1024)).toBe(413);
  });

  test('tells the progress as it comes', async () => {
    const cookie = `hearth=${door.page.openSession()}`;
    door.page.setPhase('applying');
    door.page.eventLog = logOf(runningHappenings);
    const text = await door.stream('/setup/events', { host: 'hearth.local', cookie }, /"percent":31/);
    door.page.setPhase('unclaimed');
    expect(text).toContain('retry: 2000');
  }, 5_000);

  test('is reached on every address of the device', async () => {
    const peer = await door.host.peer('eth0', '192.168.7.1/24', '192.168.7.9/24');
    const { stdout } = await peer.run('curl', [
      '-sS',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      'http://192.168.7.1/',
    ]);
    expect(stdout).toBe('200');
  });
});

describe('Mastodon behind nginx', () => {
  beforeAll(async () => {
    await door.step({ mastodon: { domain }, 'mastodon-media': bucket });
    expect((await door.ask({ headers: visitor })).status).toBe(503);
    await door.startMastodon();
  });

  test('is told who visits, and that it was by HTTPS', async () => {
    door.web.length = 0;
    const headers = {
      ...visitor,
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-host': 'evil.example',
      'client-ip': '1.2.3.4',
    };
    const path = '/@ada/1%2F2?x=%20y';
    expect((await door.ask({ path, headers })).body).toBe('web');
    const { url, headers: seen } = door.web[0] ?? { url: '', headers: {} as Record<string, string> };
    expect(url).toBe(path);
    expect(seen).toMatchObject({
      host: domain,
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '203.0.113.7',
      'x-real-ip': '203.0.113.7',
    });
    expect(Object.keys(seen)).not.toEqual(expect.arrayContaining(['x-forwarded-host']));
    expect(seen['client-ip']).toBeUndefined();
  });

  test('sends visitors without HTTPS to the public address, whatever they claim', async () => {
    const peer = await door.host.peer('eth1', '192.168.8.1/24', '192.168.8.9/24');
    const told = await peer.run('curl', [
      ...['-sS', '-o', '/dev/null', '-w', '%{http_code} %{redirect_url}', '-H', `Host: ${domain}`],
      ...[
        '-H',
        'X-Forwarded-Proto: https',
        '-H',
        'CF-Connecting-IP: 203.0.113.9',
        'http://192.168.8.1/auth?a=b',
      ],
    ]);
    expect(told.stdout).toBe(`308 https://${domain}/auth?a=b`);
    const plain = await door.ask({ headers: { ...visitor, 'x-forwarded-proto': 'http' } });
    expect([plain.status, plain.headers.location]).toEqual([308, `https://${domain}/`]);
  });

  test('streams by WebSocket', async () => {
    door.streaming.length = 0;
    expect(await door.webSocket(visitor)).toEqual([101, 'through']);
    expect(door.streaming[0]?.headers).toMatchObject({
      host: domain,
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '203.0.113.7',
    });
    expect((await door.ask({ path: '/api/v1/streaming/health', headers: visitor })).body).toBe('streaming');
  });

  test('keeps pages apart that are different for each kind of visitor', async () => {
    door.answer = (request, response) => {
      response.setHeader('Cache-Control', 'public, max-age=600');
      response.setHeader('Vary', 'Accept, Accept-Language, Cookie');
      response.end(String(request.headers.accept));
    };
    for (const accept of ['application/activity+json', 'text/html', 'application/activity+json']) {
      const { body, headers } = await door.ask({ path: '/users/ada', headers: { ...visitor, accept } });
      expect(body).toBe(accept);
      expect(headers.vary).toContain('Accept, Accept-Language, Cookie');
      expect(await door.ask({ path: '/packs/x.js', headers: { ...visitor, accept } })).toMatchObject({
        body: accept,
      });
    }
  });

  test('is asked only once for what is public and stays as it is', async () => {
    let count = 0;
    door.answer = (_request, response) => {
      response.setHeader('Cache-Control', 'public, max-age=600');
      response.end(String(++count));
    };
    const told = async (path: string) => (await door.ask({ path, headers: visitor })).body;
    expect([await told('/packs/a.js'), await told('/packs/a.js')]).toEqual(['1', '1']);
    expect([await told('/api/v1/x'), await told('/api/v1/x')]).toEqual(['2', '3']);
  });

  test('takes large uploads, and refuses larger ones', async () => {
    door.answer = (_request, response) => response.end('taken');
    const send = async (mebibytes: number) =>
      (
        await door
          .ask({
            method: 'POST',
            path: '/api/v2/media',
            headers: visitor,
            body: Buffer.alloc(mebibytes * 2 ** 20),
          })
          .catch(() => ({ status: 413 }))
      ).status;
    expect(await send(60)).toBe(200);
    expect(await send(101)).toBe(413);
  });

  test('does not hold the page up: names of the device still lead there', async () => {
    expect((await door.ask()).body).toContain('action="/claim"');
    expect((await door.ask({ headers: { host: 'other.example.org' } })).status).toBe(421);
  });
});

describe('the site', () => {
  test('hands local media out without letting a browser run them', async () => {
    await door.step({ mastodon: { domain }, 'mastodon-media': { where: 'local' } });
    const folder = '/srv/hearth/mastodon/system';
    await door.host.shell(
      `mkdir -p ${folder}/a && echo '<svg/>' > ${folder}/a/x.svg && echo secret > /srv/hearth/secret && ln -s /srv/hearth/secret ${folder}/link`,
    );
    const { status, headers } = await door.ask({ path: '/system/a/x.svg', headers: visitor });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'image/svg+xml',
      'content-security-policy': "default-src 'none'; form-action 'none'",
      'x-content-type-options': 'nosniff',
    });
    expect((await door.ask({ path: '/system/link', headers: visitor })).status).toBe(403);
    expect((await door.ask({ path: '/system/none', headers: visitor })).status).toBe(404);
    expect((await door.ask({ path: '/system/a/x.svg', method: 'PUT', headers: visitor })).status).toBe(403);
  });

  test('leads from the domain of the accounts to the one of the pages', async () => {
    await door.step({
      mastodon: { domain: 'example.org', webDomain: domain },
      'mastodon-media': bucket,
    });
    const asked = async (path: string) => {
      const { status, headers } = await door.ask({ path, headers: { ...visitor, host: 'example.org' } });
      return [status, headers.location, headers['access-control-allow-origin']];
    };
    const query = '/.well-known/webfinger?resource=acct:ada@example.org';
    expect(await asked(query)).toEqual([301, `https://${domain}${query}`, '*']);
    expect(await asked('/about')).toEqual([302, `https://${domain}/about`, undefined]);
  });

  test('is not put in place when nginx does not understand it', async () => {
    const before = door.host.get(siteFile);
    const name = 'a-very-long-name-'.repeat(3);
    const main = door.host.get('/etc/nginx/hearth.conf');
    door.host.put('/etc/nginx/hearth.conf', main.replace('keys_zone=static:', 'keys_zone=other:'));
    const failed = door.step({
      mastodon: { domain: `${name}.example.org` },
      'mastodon-media': bucket,
    });
    await expect(failed).rejects.toThrow();
    door.host.put('/etc/nginx/hearth.conf', main);
    expect(door.host.get(siteFile)).toBe(before);
    expect(door.host.has('/run/hearth/front-draft')).toBe(false);
  });

  test('does not close the door for the page when it is wrong at the start of the device', async () => {
    const good = door.host.get(siteFile);
    door.host.put(siteFile, 'server {');
    expect((await door.host.look.run('systemctl', ['reload', 'nginx.service'])).exitCode).not.toBe(0);
    await door.host.look.run('systemctl', ['restart', 'nginx.service']);
    await vi.waitFor(async () => expect((await door.ask()).status).toBe(200));
    door.host.put(siteFile, good);
    expect((await door.host.look.run('systemctl', ['reload', 'nginx.service'])).exitCode).toBe(0);
  });

  test('goes when the owner no longer wants Mastodon', async () => {
    await door.step({ administrator: {} });
    expect(door.host.has(siteFile)).toBe(false);
    expect((await door.ask({ headers: visitor })).status).toBe(421);
  });
});
