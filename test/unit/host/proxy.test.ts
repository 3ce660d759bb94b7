import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  basicAuthorization,
  chooseRoute,
  openRoutes,
  parseAptSettings,
  withoutCredentials,
} from '../../../builder/host/proxy.ts';
import { errorOf } from '../../helpers/error-of.ts';
import { addFiles, executable, fileTree } from '../../helpers/file-tree.ts';
import { listen } from '../../helpers/mirror-listen.ts';
import { bytes, fast, fetchOne, serve, status, whole } from '../../helpers/mirror-steps.ts';

const http = new URL('http://archive.example.org:8080/debian/a.deb');
const https = new URL('https://archive.example.org/debian/a.deb');
const environment = { kind: 'environment' };
const direct = { kind: 'direct' };
const proxy = (address: string) => ({ kind: 'proxy', address });

describe('chooseRoute', () => {
  it.each([
    ['the environment without settings', [], http, environment],
    ['the general proxy', ['http::Proxy "http://p:1"'], http, proxy('http://p:1')],
    ['the proxy of http for https', ['http::Proxy "http://p:1"'], https, proxy('http://p:1')],
    [
      'the own proxy of https',
      ['http::Proxy "http://p:1"', 'https::Proxy "http://s:2"'],
      https,
      proxy('http://s:2'),
    ],
    ['no proxy of https for http', ['https::Proxy "http://s:2"'], http, environment],
    [
      "the host's proxy",
      ['http::Proxy "http://p:1"', 'http::Proxy::archive.example.org "http://h:3"'],
      http,
      proxy('http://h:3'),
    ],
    [
      'DIRECT for the host',
      ['http::Proxy "http://p:1"', 'http::Proxy::archive.example.org "DIRECT"'],
      http,
      direct,
    ],
    [
      'no proxy of another host',
      ['http::Proxy::other.example.org "http://h:3"', 'http::Proxy "DIRECT"'],
      https,
      direct,
    ],
    ['nothing where the value is empty', ['http::Proxy ""'], http, environment],
    ['names in any case', ['HTTP::PROXY "direct"'], http, direct],
  ])('takes %s', async (_what, settings, url, route) => {
    const lines = settings.map((setting) => `Acquire::${setting};`);

    expect(await chooseRoute(parseAptSettings(lines), url)).toEqual(route);
  });

  it.each([
    ['echo http://found:4', proxy('http://found:4')],
    ['echo "http://$1" >&2; echo DIRECT', direct],
    ['echo "for $1"', proxy('for http://archive.example.org:8080/debian/a.deb')],
    ['true', proxy('http://p:1')],
    ['echo http://found:4; exit 1', proxy('http://p:1')],
  ])('asks the program that apt asks: %s', async (script, route) => {
    const folder = await fileTree();
    await addFiles(folder, { detect: executable(`#!/bin/sh\n${script}\n`) });
    const lines = [
      'Acquire::http::Proxy "http://p:1";',
      `Acquire::http::Proxy-Auto-Detect "${folder}/detect";`,
    ];

    expect(await chooseRoute(parseAptSettings(lines), http)).toEqual(route);
  });
});

describe('silenceLimitMs', () => {
  it.each([
    [[], http, 60_000],
    [['http::Timeout "7"'], https, 7000],
    [['http::Timeout "7"', 'https::Timeout "9"'], https, 9000],
    [['http::Timeout "0"'], http, 60_000],
  ])('of %j for %s is %i', (settings, url, limitMs) => {
    const lines = settings.map((setting) => `Acquire::${setting};`);

    expect(openRoutes(lines).silenceLimitMs(url)).toBe(limitMs);
  });
});

describe('withoutCredentials', () => {
  it.each([
    ['http://me:p%40ss@example.org/a@b?c=@', 'http://example.org/a@b?c=@'],
    ['http://me:p@ss@example.org:1/', 'http://example.org:1/'],
    ['http://example.org/a@b', 'http://example.org/a@b'],
    ['me:secret@example.org:3128', 'example.org:3128'],
    ['http://me:se/cret@example.org/', 'http://example.org/'],
    ['socks5h://me:secret@example.org:9050', 'socks5h://example.org:9050'],
  ])('makes %s to %s', (address, shown) => {
    expect(withoutCredentials(address)).toBe(shown);
  });
});

describe('basicAuthorization', () => {
  it.each([
    ['http://example.org/', undefined],
    ['http://me@example.org/', 'me:'],
    ['http://me:p%40ss@example.org/', 'me:p@ss'],
    ['http://me:100%@example.org/', 'me:100%'],
  ])('of %s is for %s', (address, pair) => {
    const expected = pair === undefined ? undefined : `Basic ${Buffer.from(pair).toString('base64')}`;

    expect(basicAuthorization(new URL(address))).toBe(expected);
  });
});

describe('a download', () => {
  const content = bytes(1000);

  it('goes through the proxy, for http without a tunnel, and shows it who we are', async () => {
    const caching = await serve(whole(content));
    const address = caching.url.replace('//', '//me:s%3Acret@');

    expect(
      await fetchOne(['http://archive.invalid/a.deb?x=1'], content, through(`http::Proxy "${address}"`)),
    ).toBeUndefined();

    expect(caching.requests).toEqual(['GET http://archive.invalid/a.deb?x=1']);
    expect(caching.headers[0]).toMatchObject({
      host: 'archive.invalid',
      'proxy-authorization': `Basic ${Buffer.from('me:s:cret').toString('base64')}`,
    });
  });

  it('goes past the proxy for a host that is to be asked directly', async () => {
    const caching = await serve(status(500));
    const { url } = await serve(whole(content));
    setEnvironment({ http_proxy: caching.url });
    const options = through(`http::Proxy "${caching.url}"`, 'http::Proxy::127.0.0.1 "DIRECT"');

    expect(await fetchOne([url], content, options)).toBeUndefined();
    expect(caching.requests).toEqual([]);
  });

  it('obeys http_proxy and no_proxy of the environment', async () => {
    const caching = await serve(whole(content));
    const { url, requests } = await serve(whole(content));
    setEnvironment({ http_proxy: caching.url, no_proxy: '127.0.0.1' });
    const options = through();

    expect(await fetchOne(['http://archive.invalid/a'], content, options)).toBeUndefined();
    expect(await fetchOne([`${url}/b`], content, options)).toBeUndefined();

    expect(caching.requests).toEqual(['GET http://archive.invalid/a']);
    expect(requests).toEqual(['GET /b']);
  });

  it('obeys no_proxy for the proxy of apt, as apt does', async () => {
    const caching = await serve(status(500));
    const { url } = await serve(whole(content));
    setEnvironment({ no_proxy: '127.0.0.1' });

    expect(await fetchOne([url], content, through(`http::Proxy "${caching.url}"`))).toBeUndefined();
    expect(caching.requests).toEqual([]);
  });

  it('asks the proxy for a tunnel to an https address', async () => {
    const asked: string[] = [];
    await using server = await listen(() => {});
    const gate = await tunnelProxy(asked);

    const failure = await fetchOne(
      [`${server.url.replace('http:', 'https:')}/a`],
      content,
      through(`http::Proxy "${gate}"`),
    );

    // Behind the tunnel is a server without TLS: that it was reached is all that counts here.
    expect(asked[0]).toBe(new URL(server.url).host);
    expect(failure?.reasons[0]).toContain('the connection');
  });

  it.each([
    [407, 'the proxy answered 407 Proxy Authentication Required', 1],
    [403, 'the proxy answered 403 Forbidden', 1],
    [502, 'the proxy answered 502 Bad Gateway (4 tries)', 4],
  ])('tells that the proxy refused a tunnel with %i', async (code, reason, tries) => {
    const asked: string[] = [];
    const gate = (await tunnelProxy(asked, code)).replace('//', '//me:secret@');

    const failure = await fetchOne(['https://archive.invalid/a'], content, through(`http::Proxy "${gate}"`));

    expect(failure?.reasons).toEqual([`https://archive.invalid/a: ${reason}`]);
    expect(asked).toHaveLength(tries);
  });

  it('tells that the proxy wants a password', async () => {
    const { url } = await serve(status(407));

    expect(
      (await fetchOne(['http://archive.invalid/a'], content, through(`http::Proxy "${url}"`)))?.reasons[0],
    ).toMatch('407 Proxy Authentication Required');
  });

  it('shows no credentials of a proxy that can not be reached', async () => {
    const gone = await listen(() => {});
    await gone[Symbol.asyncDispose]();
    const address = gone.url.replace('//', '//me:secret@');

    expect(
      (await fetchOne(['http://archive.invalid/a'], content, through(`http::Proxy "${address}"`)))?.reasons,
    ).toEqual(['http://archive.invalid/a: connection refused (4 tries)']);
  });

  it.each([
    ['socks5h://me:secret@127.0.0.1:9050', 'SOCKS proxies are not supported for downloads.'],
    ['me:secret@proxy:3128', 'The address of a proxy must begin with http:// or https://.'],
  ])('is refused with the proxy %s', async (address, why) => {
    const settings = through(`http::Proxy "${address}"`);

    const error = await errorOf(async () => await fetchOne([http.href], content, settings));

    expect(error).toMatchObject({ code: 'ERR_HOST_UNSUITABLE', why });
    expect(`${error.message} ${error.todo}`).not.toContain('secret');
  });

  it.each([
    ['socks5h://me:secret@127.0.0.1:9050', 'The proxy socks5h://127.0.0.1:9050 can not be used.'],
    ['127.0.0.1:3128', 'The environment variable http_proxy or https_proxy holds no address.'],
  ])('is refused with http_proxy=%s', async (address, message) => {
    setEnvironment({ http_proxy: address });

    const error = await errorOf(async () => await fetchOne([http.href], content, through()));

    expect(error).toMatchObject({ code: 'ERR_HOST_UNSUITABLE', message });
  });
});

function through(...settings: readonly string[]) {
  return { ...fast, aptOptions: settings.map((setting) => `Acquire::${setting};`) };
}

function setEnvironment(values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
}

/** A proxy that only knows CONNECT, and answers it with a status; 200 opens the way. */
async function tunnelProxy(asked: string[], code = 200): Promise<string> {
  const server = createServer();
  const sockets = new Set<Socket>();
  server.on('connect', (incoming, socket: Socket) => {
    asked.push(incoming.url ?? '');
    sockets.add(socket);
    socket.on('error', () => {});
    if (code !== 200) {
      socket.end(`HTTP/1.1 ${code} No\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`http://${incoming.url}`);
    const onward = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    sockets.add(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
