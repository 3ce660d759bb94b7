import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleAgent, fakeDevice, startWeb } from './90-first-boot-device.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const code = 'QQQQ-7777-XXXX';

let folder: string;
let bundle: string;
let device: ReturnType<typeof fakeDevice>;
let web: { readonly child: ChildProcess; readonly port: number };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hearth-web-'));
  bundle = await bundleAgent(folder);
  device = fakeDevice();
  for (const path of ['var/lib/hearth/setup-code', 'boot/firmware/SETUP-CODE.txt'])
    writeFileSync(join(device.root, path), `${code}\n`);
  web = await startWeb(bundle, '--root', device.root);
});

afterAll(() => {
  web.child.kill();
  device.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe('the page over the network', () => {
  it('tells name, version and the states that systemd gives', async () => {
    const { status, headers, body } = await ask();

    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    for (const text of [`<h1>${hostname()}</h1>`, 'Hearth 1.2.3', 'Files &#60;for&#62; everybody', 'Clock'])
      expect(body).toContain(text);
    expect([...body.matchAll(/class="state (\w+)"/g)].map(([, state]) => state)).toEqual([
      'running',
      'failed',
    ]);
  });

  it('never has the setup code, whatever is asked', async () => {
    const paths = [
      '/',
      '/icon.svg',
      '/SETUP-CODE.txt',
      '/../var/lib/hearth/setup-code',
      '/%2e%2e/etc/passwd',
    ];
    for (const path of paths) expect((await ask({ path })).body).not.toMatch(/QQQQ|root:/);
  });

  it('asks for nothing from anywhere else, and is small', async () => {
    const { body } = await ask();
    const foreign = [...body.matchAll(/(?:src|href)="([^"]+)"/g)]
      .map(([, url]) => url ?? '')
      .filter((url) => !url.startsWith('/') && !body.includes(`<a class="address" href="${url}"`));

    expect(foreign).toEqual([]);
    expect(Buffer.byteLength(body)).toBeLessThan(60 * 1024);
  });

  it('lets nothing run, be framed, be kept or be read by other pages', async () => {
    const { headers } = await ask();

    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-frame-options']).toBe('DENY');
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('follows the language of the browser', async () => {
    const { headers, body } = await ask({ headers: { 'accept-language': 'de-DE,de;q=0.9' } });

    expect(headers['content-language']).toBe('de');
    expect(body).toContain('Freigaben');
  });

  it('answers HEAD like GET without a body', async () => {
    const { status, headers, body } = await ask({ method: 'HEAD' });

    expect(status).toBe(200);
    expect(Number(headers['content-length'])).toBeGreaterThan(1000);
    expect(body).toBe('');
  });

  it.each([
    [404, { path: '/nothing' }],
    [404, { path: 'http://evil.example/' }],
    [405, { method: 'POST' }],
    [405, { method: 'OPTIONS' }],
    [405, { method: 'DELETE', path: '/nothing' }],
    [421, { headers: { host: 'evil.example' } }],
    [421, { headers: { host: `${hostname()}.local.evil.example` } }],
    [421, { method: 'POST', headers: { host: 'evil.example' } }],
    [200, { headers: { host: `${hostname()}.local` } }],
    [200, { headers: { host: `${hostname()}.fritz.box` } }],
    [200, { path: '/?from=router' }],
  ])('answers %i to %j', async (expected, question) => {
    const { status, headers } = await ask(question);

    expect(status).toBe(expected);
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    if (expected === 405) expect(headers['allow']).toBe('GET, HEAD');
  });

  it('tells a foreign name nothing about the device', async () => {
    const { body } = await ask({ headers: { host: 'evil.example' } });

    for (const secret of [`>${hostname()}<`, '1.2.3', 'attic', 'Clock']) expect(body).not.toContain(secret);
  });

  it.each([
    ['no Host header', 'GET / HTTP/1.1\r\n\r\n'],
    [
      'two Host headers',
      'GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
    ],
    ['no HTTP', '\x16\x03\x01\x02\x00\x01\r\n\r\n'],
    ['an old version without Host', 'GET / HTTP/1.0\r\n\r\n'],
  ])('refuses a request with %s', async (_what, text) => {
    expect(await talk(text)).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('refuses headers without end', async () => {
    expect(await talk(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431 /,
    );
  });

  it('still works after all that', async () => {
    expect((await ask()).status).toBe(200);
    expect(web.child.exitCode).toBeNull();
  });
});

describe('the life of the web process', () => {
  it('takes the socket that systemd hands over, and leaves when nobody comes', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    // systemd names the process that the socket is for.
    const child = spawn(
      'sh',
      ['-c', `LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"`, 'sh', process.execPath, bundle].concat([
        'web',
        '--idle-exit-s',
        '1',
        '--root',
        device.root,
      ]),
      {
        stdio: ['ignore', 'ignore', 'inherit', (server as unknown as { _handle: { fd: number } })._handle.fd],
      },
    );
    server.close();
    const answer = await ask({ port });
    const [exitCode] = (await once(child, 'exit')) as [number];

    expect(answer.status).toBe(200);
    expect(exitCode).toBe(0);
  });

  it('needs less private memory than 20 MB while it is used', async ({ skip }) => {
    if (process.platform !== 'linux') skip('reads /proc');
    await Promise.all(Array.from({ length: 50 }, () => ask()));
    const status = readFileSync(`/proc/${web.child.pid}/status`, 'utf8');

    expect(Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1])).toBeLessThan(20 * 1024);
  });
});

function ask(
  question: {
    readonly path?: string;
    readonly method?: string;
    readonly port?: number;
    readonly headers?: Record<string, string>;
  } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { path = '/', method = 'GET', port = web.port, headers = {} } = question;
    request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    })
      .on('error', reject)
      .end();
  });
}

/** Sends raw bytes and returns what comes back. */
async function talk(text: string): Promise<string> {
  const socket = connect(web.port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  socket.write(text);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}
