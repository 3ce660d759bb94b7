import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activeRules, readyState } from '../../../stages/80-cloudflared/setup/metrics.ts';
import { freePort, putSecret, runOnce, until } from './tunnel-device.ts';

const account = '0123456789abcdef0123456789abcdef';
const id = '6ff42ae2-765d-4adf-8112-31c55c1551ef';
const token = Buffer.from(
  JSON.stringify({ a: account, t: id, s: Buffer.alloc(32, 7).toString('base64') }),
).toString('base64');
const env = { CLOUDFLARED_UNDERSTUDY: '/nonexistent' };
let folder: string;
let at: (name: string) => string;
let metrics: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hearth-cloudflared-'));
  at = (name) => join(folder, name);
  metrics = `127.0.0.1:${await freePort()}`;
  putSecret(at('token'), `${token}\n`);
  putSecret(at('broken'), token.slice(4));
  putSecret(at('open'), token);
  chmodSync(at('open'), 0o644);
  putSecret(at('config'), 'no-autoupdate: true\n');
  putSecret(
    at('rules'),
    'ingress:\n  - hostname: a.example.com\n    service: https://nas\n    originRequest:\n      noTLSVerify: true\n  - service: http_status:404\n',
  );
  putSecret(at('endless'), 'ingress:\n  - hostname: a.example.com\n    service: http://nas\n');
  putSecret(at('second-key'), `token: ${token}\n`);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function words(change: Readonly<Record<string, string | undefined>> = {}): string[] {
  const flags = { '--config': at('config'), '--no-autoupdate': '', '--metrics': metrics, ...change };
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  const { '--token-file': file = at('token') } = change;
  const before = given.filter(([name]) => name !== '--token-file').flat();
  return ['tunnel', ...before.filter((word) => word !== ''), 'run', '--token-file', file] as string[];
}

describe('the understudy of cloudflared', () => {
  test('is ready, tells its rules, and ends when it is told to', async () => {
    const { child, exitCode } = runOnce(words({ '--config': at('rules') }), env);
    await until(async () => (await readyState(metrics)).connections === 4);
    expect(await activeRules(metrics)).toEqual([
      { hostname: 'a.example.com', service: 'https://nas', originRequest: { noTLSVerify: true } },
      { service: 'http_status:404' },
    ]);
    child.kill('SIGTERM');
    expect(await exitCode).toBe(0);
  });

  test.each<[string, () => string[], Readonly<Record<string, string>>, RegExp]>([
    ['a token in the arguments', () => ['tunnel', 'run', '--token', token], {}, /stands in the arguments/],
    ['a token in the environment', () => words(), { TUNNEL_TOKEN: token }, /stands in the arguments/],
    ['an unknown flag', () => words({ '--autoupdate-freq': '1h' }), {}, /flag provided but not defined/],
    ['updates by itself', () => words({ '--no-autoupdate': undefined }), {}, /update itself/],
    ['metrics for everybody', () => words({ '--metrics': '0.0.0.0:20241' }), {}, /not on loopback/],
    [
      'a token that everybody may read',
      () => words({ '--token-file': at('open') }),
      {},
      /everybody may read/,
    ],
    ['a broken token', () => words({ '--token-file': at('broken') }), {}, /not valid/],
    ['no token', () => words({ '--token-file': at('missing') }), {}, /Failed to read token file/],
    [
      'a second key in the config.yml',
      () => words({ '--config': at('second-key') }),
      {},
      /not for the config\.yml/,
    ],
    ['rules without an end', () => words({ '--config': at('endless') }), {}, /must match all URLs/],
    [
      'files that are no credentials',
      () => words(),
      { NOTIFY_SOCKET: '/run/x', CREDENTIALS_DIRECTORY: '/run/y' },
      /runs as root|no credential/,
    ],
  ])('refuses %s', async (_what, makeWords, more, reason) => {
    const { exitCode, said } = runOnce(makeWords(), { ...env, ...more });
    expect(await exitCode).toBe(1);
    expect(said()).toMatch(reason);
  });

  test('leads a visitor where its rules say, as the edge would', async () => {
    const service = createServer(({ headers, method, url }, reply) =>
      reply.end(JSON.stringify({ ...headers, method, url })),
    );
    service.on('upgrade', (_ask, socket) =>
      socket.end(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello',
      ),
    );
    const port = await freePort();
    await new Promise<void>((resolve) => service.listen(port, '127.0.0.1', resolve));
    putSecret(
      at('visit'),
      `ingress:\n  - hostname: a.example.com\n    service: http://127.0.0.1:${port}\n  - service: http_status:404\n`,
    );
    const { child, exitCode } = runOnce(words({ '--config': at('visit') }), env);
    await until(async () => (await readyState(metrics)).connections === 4);

    const seen = await fetch(`http://${metrics}/`, {
      headers: { 'understudy-visit': 'https://a.example.com/x?y=1' },
    });
    expect(await seen.json()).toMatchObject({
      ...{ method: 'GET', url: '/x?y=1', host: 'a.example.com' },
      ...{ 'x-forwarded-proto': 'https', 'cf-connecting-ip': '203.0.113.7' },
    });
    const other = { 'understudy-visit': 'https://b.example.com/' };
    expect((await fetch(`http://${metrics}/`, { headers: other })).status).toBe(404);
    const words101 = await new Promise<string>((resolve, reject) => {
      const headers = { 'understudy-visit': 'https://a.example.com/', upgrade: 'websocket' };
      get(`http://${metrics}/`, { headers: { ...headers, connection: 'Upgrade' } })
        .on('upgrade', (_reply, socket, head) => {
          let said = String(head);
          socket.on('data', (part) => (said += String(part))).on('end', () => socket.end());
          socket.on('close', () => resolve(said));
        })
        .on('error', reject);
    });
    expect(words101).toBe('hello');

    child.kill('SIGTERM');
    expect(await exitCode).toBe(0);
    service.closeAllConnections();
    service.close();
  });

  test('checks a config.yml without running', async () => {
    const validate = async (file: string) => {
      const run = runOnce(['tunnel', '--config', at(file), 'ingress', 'validate'], env);
      const exitCode = await run.exitCode;
      return [exitCode, /^(?:OK|Validation failed: .*)$/m.exec(run.said())?.[0]];
    };
    writeFileSync(
      at('port'),
      'ingress:\n  - hostname: a.b:80\n    service: http://x\n  - service: http_status:404\n',
    );
    expect(await validate('rules')).toEqual([0, 'OK']);
    expect(await validate('endless')).toEqual([
      1,
      expect.stringMatching(/^Validation failed: .*must match all URLs/),
    ]);
    expect(await validate('port')).toEqual([1, expect.stringMatching(/hostname with a port/)]);
    expect(await validate('config')).toEqual([1, expect.stringMatching(/no ingress rules/)]);
  });
});
