import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MailRelay } from '../../../../stages/50-data/setup/mail/mail-plan.ts';
import { mailFile } from '../../../../stages/50-data/setup/mail/mail-record.ts';
import { mailStep } from '../../../../stages/50-data/setup/mail/mail-step.ts';
import { loginFile, mainText } from '../../../../stages/50-data/setup/mail/postfix-text.ts';
import type { Values } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { atEveryCut, type FakeDevice, fakeDevice } from '../../20-system-setup/fake-device.ts';

const mastodon = { domain: 'example.org', webDomain: 'social.example.org' };
const password = 'canary-5Tr';
const mail: Values = {
  how: 'relay',
  provider: 'gmail',
  user: 'ada@example.org',
  password,
  from: 'Ada@Example.org',
};
const mainFile = '/etc/postfix/main.cf';

let device: FakeDevice;

beforeEach(() => {
  device = makeDevice();
});

afterEach(() => device.remove());

function makeDevice(): FakeDevice {
  const made = fakeDevice({
    '/var/lib/hearth/data.json': JSON.stringify({ address: '10.44.0.1', smtp: { port: 25 } }),
  });
  made.programs['id'] = (args) => ({ stdout: args[0] === '-u' ? '995\n' : '994\n' });
  made.programs['install'] = () => ({});
  made.programs['postsuper'] = () => ({});
  made.programs['systemctl'] = () => ({});
  return made;
}

function setting(text: string | undefined, name: string): string | undefined {
  return new RegExp(`^${name} = (.*)$`, 'm').exec(text ?? '')?.[1];
}

describe('the step that sets mail up', () => {
  test('gives the password to one file, and to no argument, log or other file', async () => {
    await device.run(mailStep, { mastodon, mail });
    expect(device.get(loginFile)).toBe(`[smtp.gmail.com]:587 ada@example.org:${password}\n`);
    expect([device.mode(loginFile), device.mode(mailFile)]).toEqual([0o600, 0o600]);
    expect(JSON.stringify([device.calls, device.log])).not.toContain(password);
    const files = Object.entries(device.snapshot()).filter(([, text]) => text.includes(password));
    expect(files.map(([path]) => path)).toEqual([loginFile]);
  });

  test('brings all mail to the provider, with TLS and a certificate that was checked', async () => {
    await device.run(mailStep, { mastodon, mail });
    const text = device.get(mainFile);
    expect(setting(text, 'relayhost')).toBe('[smtp.gmail.com]:587');
    expect(setting(text, 'smtp_tls_security_level')).toBe('secure');
    expect(setting(text, 'smtp_tls_wrappermode')).toBe('no');
    expect(setting(text, 'myhostname')).toBe('social.example.org');
    expect(setting(text, 'mynetworks')).toBe('127.0.0.1/32, 10.44.0.1/32, 10.42.0.0/16');
    expect(setting(text, 'inet_interfaces')).toBe('127.0.0.1, 10.44.0.1');
    expect(device.get('/etc/postfix/hearth-senders')).toBe('ada@example.org OK\n<> OK\n');
    expect(device.get(mailFile)).toBe(
      '{"how":"relay","server":"smtp.gmail.com","port":587,"from":"ada@example.org"}\n',
    );
  });

  test('keeps mail here when the question was skipped, and forgets a password of before', async () => {
    await device.run(mailStep, { mastodon, mail });
    await device.run(mailStep, { mastodon });
    const text = device.get(mainFile);
    expect(setting(text, 'default_transport')).toBe('virtual');
    expect(setting(text, 'virtual_uid_maps')).toBe('static:995');
    expect(device.has(loginFile)).toBe(false);
    expect(device.calls.map(({ program, args }) => [program, ...args].join(' '))).toContain(
      'install -d -m 0700 -o hearth-mail -g hearth-mail /srv/hearth/mail',
    );
  });

  test('is done after any power cut by running it again', async () => {
    const cuts = await atEveryCut(
      makeDevice,
      async (one, cutAt) => await one.run(mailStep, { mastodon, mail }, cutAt),
      async (one) => {
        // Whatever is there, the unit starts only with all of it.
        if (one.has(mailFile)) expect([one.has(mainFile), one.has(loginFile)]).toEqual([true, true]);
        await one.run(mailStep, { mastodon, mail });
        expect(one.get(mailFile)).toContain('smtp.gmail.com');
        expect(one.calls.at(-1)?.args).toEqual(['restart', 'postfix.service']);
      },
    );
    expect(cuts).toBeGreaterThan(5);
  });

  test('ends mail when there is no Mastodon, and a reset leaves nothing, at any cut', async () => {
    await device.run(mailStep, { administrator: {}, mail });
    expect(device.calls).toEqual([]);
    await atEveryCut(
      makeDevice,
      async (one, cutAt) => {
        await one.run(mailStep, { mastodon, mail });
        await one.run(mailStep, { administrator: {}, mail }, cutAt);
        expect([one.has(mailFile), one.has(loginFile)]).toEqual([false, false]);
        await one.undo(mailStep, cutAt);
        expect(Object.values(one.snapshot()).join('\n')).not.toMatch(/canary|gmail|ada@/);
      },
      async (one) => {
        await one.run(mailStep, { administrator: {}, mail });
        await one.undo(mailStep);
        expect(Object.values(one.snapshot()).join('\n')).not.toMatch(/canary|gmail|ada@/);
      },
    );
  });
});

test.each(['a\nsmtpd_relay_restrictions = permit', 'x y', '$x', ''])(
  'no setting comes in by a name: %j',
  (name) => {
    const relay: MailRelay = { how: 'relay', server: 'a.org', port: 587, isWrapped: false, from: 'a@b.org' };
    const host = { name: 'b.org', address: '10.44.0.1', port: 25, mailbox: { uid: 1, gid: 1 } };
    expect(() => mainText({ ...relay, server: name }, host)).toThrow();
    expect(() => mainText(relay, { ...host, name })).toThrow();
  },
);
