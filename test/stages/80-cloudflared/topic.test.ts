import { describe, expect, test } from 'vitest';
import { ownConfig } from '../../../stages/80-cloudflared/setup/config-text.ts';
import { fieldsText, routeOf } from '../../../stages/80-cloudflared/setup/route.ts';
import { findTunnelToken } from '../../../stages/80-cloudflared/setup/tunnel-token.ts';
import { setup } from '../../../stages/80-cloudflared/setup.ts';
import { lookAt } from '../../../stages/90-first-boot/agent/device/look.ts';
import { checkTopic } from '../../../stages/90-first-boot/agent/setup/check-topic.ts';
import type { Answers, Values } from '../../../stages/90-first-boot/agent/setup/define.ts';
import { localText } from '../../../stages/90-first-boot/agent/text/local-text.ts';
import { apiToken, topic } from './tunnel-device.ts';

const account = '0123456789abcdef0123456789abcdef';
const id = '6ff42ae2-765d-4adf-8112-31c55c1551ef';
const secret = Buffer.alloc(32, 'canary').toString('base64');
const token = encode({ a: account, t: id, s: secret });
const credentials = JSON.stringify({ AccountTag: account, TunnelSecret: secret, TunnelID: id });
const rules =
  'ingress:\n  - hostname: a.example.com\n    service: http://localhost:80\n  - service: http_status:404\n';

function encode(content: object): string {
  return Buffer.from(JSON.stringify(content)).toString('base64');
}

async function mistakes(values: Values): Promise<readonly (readonly [string | undefined, string])[]> {
  const found = await checkTopic({ topic, values, answers: {}, source: 'page' }, lookAt('/nonexistent'));
  return found.map(({ field, message }) => [field, localText(message, 'en')] as const);
}

describe('the token of a tunnel', () => {
  test.each([
    ['alone', token],
    ['in the line for Debian', `sudo cloudflared service install ${token}`],
    ['in the line for Windows', `cloudflared.exe service install ${token}\r\n`],
    ['in quotes', `cloudflared service install "${token}"`],
    [
      'in the line for Docker',
      `docker run cloudflare/cloudflared:latest tunnel --no-autoupdate run --token ${token}`,
    ],
    ['with more words behind it', `$ sudo cloudflared service install ${token} && echo done`],
    [
      'broken by a terminal',
      `sudo cloudflared service install ${token.slice(0, 40)}\n${token.slice(40, 100)}\n${token.slice(100)}`,
    ],
    [
      'broken by a backslash',
      `cloudflared service install \\\n  ${token.slice(0, 50)}\\\n${token.slice(50)}`,
    ],
    ['with an invisible sign', `\uFEFF${token.slice(0, 20)}\u200B${token.slice(20)}`],
    ['without the signs that fill it up', token.replace(/=+$/, '')],
    ['as a credentials file', credentials],
  ])('is found %s', (_how, pasted) => {
    expect(findTunnelToken(pasted).token).toEqual({ account, tunnel: id, text: token });
  });

  test.each([
    ['an API token', apiToken, /looks like an API token/],
    ['the id of the tunnel', id, /ID of a tunnel/],
    ['a token without its end', token.slice(0, -30), /end of the token is missing/],
    ['a token without its beginning', token.slice(12), /beginning of the token is missing/],
    ['a token with a hole', token.slice(0, 60) + token.slice(80), /end of the token|damaged/],
    ['a JSON Web Token', `eyJhbGciOiJIUzI1NiJ9.${encode({ sub: 'x' })}.abc`, /something else/],
    ['other JSON', encode({ user: 'anna', password: 'x' }), /something else/],
    ['a short secret', encode({ a: account, t: id, s: 'YWJj' }), /damaged/],
    ['another account id', encode({ a: 'home', t: id, s: secret }), /damaged/],
    ['words', 'my tunnel please', /begins with eyJ/],
  ])('is missed in %s, and the page says why', async (_what, pasted, words) => {
    expect(await mistakes({ how: 'token', hostname: 'a.example.com', token: pasted })).toEqual([
      ['token', expect.stringMatching(words)],
    ]);
  });

  test('is all that is kept of the pasted line', async () => {
    const values = {
      how: 'token',
      hostname: 'a.example.com',
      token: `sudo cloudflared service install\n${token}`,
    };
    const kept = await topic.exchange?.(values, lookAt('/nonexistent'), new AbortController().signal);
    expect(kept).toEqual({ values: { ...values, token } });
  });
});

test.each<[string, Values, readonly string[]]>([
  ['a token and a name', { how: 'token', token, hostname: 'a.example.com' }, []],
  ['an API token and a name', { how: 'api', apiToken, hostname: 'example.com' }, []],
  ['a config.yml', { how: 'file', config: rules, credentials }, []],
  [
    'a config.yml for this tunnel',
    { how: 'file', config: `tunnel: ${id}\n${rules}`, credentials: token },
    [],
  ],
  [
    'an HTTPS origin',
    { how: 'token', token, hostname: 'a.example.com', service: 'https://192.168.1.5:8443/' },
    [],
  ],
  ['no choice', {}, ['how']],
  ['no token', { how: 'token', hostname: 'a.example.com' }, ['token']],
  ['no API token', { how: 'api', hostname: 'a.example.com' }, ['apiToken']],
  [
    'a tunnel token as the API token',
    { how: 'api', apiToken: token, hostname: 'a.example.com' },
    ['apiToken'],
  ],
  [
    'the global key',
    { how: 'api', apiToken: `${'a1'.repeat(18)}b`, hostname: 'a.example.com' },
    ['apiToken'],
  ],
  ['an address for a name', { how: 'token', token, hostname: 'https://a.example.com/' }, ['hostname']],
  ['a name at home', { how: 'token', token, hostname: 'hearth.local' }, ['hostname']],
  ['numbers', { how: 'token', token, hostname: '192.168.1.5' }, ['hostname']],
  ['one word', { how: 'token', token, hostname: 'social' }, ['hostname']],
  ['an umlaut', { how: 'token', token, hostname: 'müller.de' }, ['hostname']],
  [
    'a service with a path',
    { how: 'token', token, hostname: 'a.example.com', service: 'http://x/y' },
    ['service'],
  ],
  [
    'a service of another kind',
    { how: 'token', token, hostname: 'a.example.com', service: 'ftp://x' },
    ['service'],
  ],
  ['a config.yml without rules', { how: 'file', config: 'tunnel: x\n', credentials }, ['config']],
  [
    'a config.yml of another tunnel',
    { how: 'file', config: `tunnel: ${id.replace('6', '7')}\n${rules}`, credentials },
    ['credentials'],
  ],
])('the answer with %s has mistakes in the right fields', async (_what, values, expected) => {
  expect((await mistakes(values)).map(([field]) => field)).toEqual(expected);
});

test('an own config.yml keeps its rules and loses what the device decides', () => {
  const text = `tunnel: ${id}\n"credentials-file": /root/x.json\ntoken: abc\nmetrics: 0.0.0.0:1\nlogfile:\n  /x\noriginRequest:\n  connectTimeout: 10s\n${rules}`;
  expect(ownConfig(text)).toBe(`originRequest:\n  connectTimeout: 10s\n${rules}`);
});

test('the entry at Cloudflare is told field by field, with three more for an HTTPS origin', () => {
  const plain = routeOf({ how: 'token', hostname: 'a.example.com' });
  const tls = routeOf({ how: 'token', hostname: 'a.example.com', service: 'https://nas' });
  expect(plain && fieldsText(plain).en).toBe(
    'Hostname a.example.com, path empty, service type HTTP, URL localhost:80.',
  );
  expect(tls && fieldsText(tls).en).toBe(
    'Hostname a.example.com, path empty, service type HTTPS, URL nas:443; under TLS: Origin Server Name a.example.com, No TLS Verify on; under HTTP settings: HTTP Host Header a.example.com.',
  );
});

test('the status page links to the name, and lists the entry at Cloudflare while it is made by hand', () => {
  const addresses = (values: Values | undefined) => {
    const answers: Answers = {
      tunnel: values === undefined ? { state: 'skipped' } : { state: 'answered', values },
    };
    return (setup.links ?? [])
      .map(({ address }) => address(answers, 'attic'))
      .filter((one) => one !== undefined);
  };
  const hostname = 'a.example.com';
  expect(addresses(undefined)).toEqual([]);
  expect(addresses({ how: 'api', hostname })).toEqual([`https://${hostname}`]);
  expect(addresses({ how: 'token', hostname })).toEqual([
    `https://${hostname}`,
    hostname,
    'HTTP, localhost:80',
  ]);
  expect(addresses({ how: 'token', hostname, service: 'https://10.0.0.2' })).toEqual([
    `https://${hostname}`,
    hostname,
    'HTTPS, 10.0.0.2:443',
    hostname,
  ]);
  expect(addresses({ how: 'file', config: rules })).toEqual([`https://${hostname}`]);
});
