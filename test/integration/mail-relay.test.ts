import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { queueCheck } from '../../stages/50-data/setup/mail/mail-checks.ts';
import { mailFile } from '../../stages/50-data/setup/mail/mail-record.ts';
import { mailStep } from '../../stages/50-data/setup/mail/mail-step.ts';
import { loginFile } from '../../stages/50-data/setup/mail/postfix-text.ts';
import type { Values } from '../../stages/90-first-boot/agent/setup/define.ts';
import { localText } from '../../stages/90-first-boot/agent/text/local-text.ts';
import { DebianHost } from '../helpers/debian-host.ts';
import { MailProvider, type ProviderOptions, providerLogin } from '../helpers/mail-provider.ts';

const mastodon = { domain: 'social.example.org' };
const from = 'social@example.org';
const relay: Values = { how: 'relay', provider: 'other', server: 'mail.example.net', from, ...providerLogin };

let host: DebianHost;
let folder: string;
let providers: MailProvider[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hearth-mail-'));
  providers = [];
  host = await DebianHost.create(['50-data']);
  await host.shell(
    'ip addr add 10.44.0.1/32 dev lo; ip addr add 10.99.0.1/32 dev lo; echo "10.99.0.1 mail.example.net" >> /etc/hosts',
  );
});

afterEach(async () => {
  await host[Symbol.asyncDispose]();
  for (const provider of providers) await provider[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** A provider at mail.example.net whose certificate the device believes, unless told otherwise. */
async function startProvider(
  port = 587,
  options: ProviderOptions = {},
  isKnown = true,
): Promise<MailProvider> {
  const socket = join(folder, `provider-${port}`);
  const provider = await MailProvider.start({ socket, isWrapped: port === 465, ...options });
  providers.push(provider);
  await host.outOf(socket, port, '10.99.0.1');
  if (isKnown) host.put('/etc/ssl/certs/ca-certificates.crt', provider.certificate);
  return provider;
}

interface Sending {
  readonly sender?: string;
  readonly to?: string;
  readonly at?: string;
}

/** Hands a mail in as a program of the device does; gives what Postfix said last. */
async function send({
  sender = from,
  to = 'ada@example.com',
  at = '127.0.0.1',
}: Sending = {}): Promise<string> {
  host.put('/tmp/mail', `From: Mastodon <${from}>\nTo: ${to}\nSubject: Welcome\n\nHello.\n`);
  const words = [
    '-sS',
    '--max-time',
    '20',
    `smtp://${at}:25/hearth`,
    '--mail-from',
    sender,
    '--mail-rcpt',
    to,
  ];
  const { exitCode, stderr } = await host.look.run('curl', [...words, '--upload-file', '/tmp/mail']);
  return exitCode === 0 ? 'taken' : stderr;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await holds()) return;
    await setTimeout(50);
  }
  throw new Error(`it does not come true\n${(await host.shell('postqueue -j')).stdout}`);
}

/** Asks for the waiting mail more than once: a queue manager that goes at a reload may still hear the first. */
async function untilTriedAgain(holds: () => boolean | Promise<boolean>): Promise<void> {
  let tries = 0;
  await until(async () => {
    if (tries++ % 50 === 0) await host.shell('postqueue -f');
    return await holds();
  });
}

describe('mail to a provider', () => {
  test.each([
    ['STARTTLS', 587, {}],
    ['TLS from the first byte', 465, { port: '465' }],
    ['an address in numbers', 2525, { port: '2525', server: '127.0.0.1' }],
  ])('goes with name and password by %s', async (_what, port, more) => {
    const provider = await startProvider(port);
    if ('server' in more) await host.outOf(join(folder, `provider-${port}`), port, '127.0.0.1');
    await host.step(mailStep, { mastodon, mail: { ...relay, ...more } });
    expect(await send()).toBe('taken');
    await until(() => provider.mails.length > 0);
    expect(provider.mails[0]).toMatchObject({
      from,
      to: ['ada@example.com'],
      user: providerLogin.user,
      isEncrypted: true,
      text: expect.stringContaining('Hello.'),
    });
    expect(localText((await queueCheck.run(host.look)).meaning, 'en')).toMatch(/No mail is waiting/);
  });

  test('keeps the password in one file for root, and says it to nobody else', async () => {
    await host.step(mailStep, { mastodon, mail: relay });
    expect(host.mode(loginFile)).toBe(0o600);
    const { stdout } = await host.inside('grep', [
      ...['-rlF', providerLogin.password, '/etc/postfix', '/var/lib/hearth', '/var/spool/postfix'],
    ]);
    expect(stdout.trim()).toBe(loginFile);
    const processes = await host.shell('cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr "\\0" "\\n"');
    expect(processes.stdout).toContain('postfix');
    expect([processes.stdout, ...host.log].join('\n')).not.toContain(providerLogin.password);
  });

  test('never goes to a server that can not prove its name, nor without encryption', async () => {
    const stranger = await startProvider(587, {}, false);
    await host.step(mailStep, { mastodon, mail: relay });
    expect(await send()).toBe('taken');
    await until(async () => (await queueCheck.run(host.look)).state !== 'good');
    expect(stranger.logins).toEqual([]);
    const { meaning } = await queueCheck.run(host.look);
    expect(localText(meaning, 'en')).toMatch(/1 mail .*not verified/);
  });

  test('waits for a provider without encryption', async () => {
    const plain = await startProvider(587, { more: { disabledCommands: ['STARTTLS'] } });
    await host.step(mailStep, { mastodon, mail: relay });
    await send();
    await until(async () => (await queueCheck.run(host.look)).state !== 'good');
    expect([...plain.logins, ...plain.mails]).toEqual([]);
  });

  test('waits while the provider is away, and the doctor tells of a refused password', async () => {
    await host.step(mailStep, { mastodon, mail: relay });
    expect(await send()).toBe('taken');
    await until(async () => (await queueCheck.run(host.look)).state !== 'good');
    const provider = await startProvider();
    provider.refusal = { code: 535, text: '5.7.8 Bad credentials' };
    // It reads the list of certificates, which this provider's is new in, at its start.
    await host.shell('postfix reload');
    await untilTriedAgain(async () => {
      const { meaning } = await queueCheck.run(host.look);
      return localText(meaning, 'en').includes('Bad credentials');
    });
    provider.refusal = undefined;
    await host.step(mailStep, { mastodon, mail: relay });
    await untilTriedAgain(() => provider.mails.length === 1);
    await until(async () => (await queueCheck.run(host.look)).state === 'good');
  });

  test('is taken from the device and its pods, and from nobody else', async () => {
    const provider = await startProvider();
    await host.step(mailStep, { mastodon, mail: relay });
    const lan = await host.peer('eth0', '192.168.7.1/24', '192.168.7.9/24');
    const pods = await host.peer('cni0', '10.42.0.1/24', '10.42.0.7/24');
    const words = (at: string) => [
      ...['-sS', '--max-time', '3', `smtp://${at}:25/x`, '--mail-from', from, '--mail-rcpt', 'a@example.com'],
      ...['--upload-file', '/tmp/mail'],
    ];
    host.put('/tmp/mail', 'Subject: x\n\nx\n');
    expect((await lan.run('curl', words('192.168.7.1'))).exitCode).not.toBe(0);
    // Even if a firewall let it through.
    const direct = await lan.run('curl', words('10.44.0.1'));
    expect([direct.exitCode, direct.stderr]).toEqual([55, expect.stringMatching(/554/)]);
    expect((await pods.run('curl', words('10.44.0.1'))).exitCode).toBe(0);
    expect(await send({ at: '10.44.0.1' })).toBe('taken');
    await until(() => provider.mails.length === 2);
  });

  test('is taken only from the one sender, and for nobody of the device', async () => {
    const provider = await startProvider();
    await host.step(mailStep, { mastodon, mail: relay });
    expect(await send({ sender: 'boss@bank.example' })).toMatch(/55\d/);
    expect(await send({ sender: 'Social@Example.org' })).toBe('taken');
    expect(await send({ sender: '<>' })).toBe('taken');
    await until(() => provider.mails.length === 2);
    expect(await send({ to: 'root' })).toBe('taken');
    await until(() => provider.mails.length === 3);
    expect(provider.mails[2]?.to).toEqual(['root@social.example.org']);
  });
});

describe('mail that stays on the device', () => {
  test('is kept whoever it is for, only for root, and does not leave', async () => {
    const provider = await startProvider();
    await host.step(mailStep, { mastodon, mail: { how: 'local' } });
    expect(await send({ sender: 'mastodon@social.example.org', to: 'ada@example.com' })).toBe('taken');
    expect(await send({ to: 'root@social.example.org' })).toBe('taken');
    const mailbox = `${host.root}/srv/hearth/mail`;
    await until(() => readNew(mailbox).length === 2);
    expect(host.mode('/srv/hearth/mail')).toBe(0o700);
    expect(readNew(mailbox).join('\n')).toContain('Delivered-To: ada@example.com');
    expect(provider.mails).toEqual([]);
    expect((await queueCheck.run(host.look)).state).toBe('good');
  });
});

test('the end of Mastodon ends it, and a reset leaves nothing of it', async () => {
  await host.step(mailStep, { mastodon, mail: relay });
  expect(host.units.state('postfix.service')).toBe('active');
  await send();
  await host.step(mailStep, { administrator: {}, mail: relay });
  expect(host.units.state('postfix.service')).toBe('inactive');
  expect([host.has(mailFile), host.has(loginFile)]).toEqual([false, false]);
  await host.look.run('systemctl', ['start', 'postfix.service']);
  expect(host.units.state('postfix.service')).toBe('inactive');
  await host.undo(mailStep);
  const { stdout } = await host.shell(
    'find /var/spool/postfix/deferred /var/spool/postfix/active -type f; ls /srv/hearth',
  );
  expect(stdout).not.toMatch(/mail|[0-9A-F]{8}/);
});

function readNew(mailbox: string): readonly string[] {
  try {
    return readdirSync(`${mailbox}/new`).map((name) => readFileSync(`${mailbox}/new/${name}`, 'utf8'));
  } catch {
    return [];
  }
}
