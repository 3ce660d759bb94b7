import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { isNameTaken } from '../../../stages/20-system/setup/name-in-network.ts';
import { setup } from '../../../stages/20-system/setup.ts';
import { checkTopic, choicesOf } from '../../../stages/90-first-boot/agent/setup/check-topic.ts';
import type { ChoiceField, Field, Topic, Values } from '../../../stages/90-first-boot/agent/setup/define.ts';
import { type FakeDevice, fakeDevice } from './fake-device.ts';

const devices: FakeDevice[] = [];
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPUzkVNS5FKi9m0Xk1QY5QXx3mTz8tSXdP5Uq0QyKcb anna@laptop';
const nistp256 = keyOf('ecdsa-sha2-nistp256', 8, 65);
const hashes = {
  yescrypt: '$y$j9T$QsYuZkNjVvbIKBd0u3yNq1$ESS198Wpq2BtZgHQokwPQbOnpwql3hoeDAcHo0OZ892',
  bcrypt: `$2b$12$${'a'.repeat(53)}`,
  sha256: `$5$salt$${'a'.repeat(43)}`,
  sha512: `$6$rounds=5000$salt$${'a'.repeat(86)}`,
};

/** The inside of a key: its type and two parts of so many bytes. */
function keyOf(type: string, ...sizes: readonly number[]): string {
  const parts = [Buffer.from(type), ...sizes.map((size) => Buffer.alloc(size, 0xc1))];
  const sized = parts.flatMap((part) => [Buffer.from([0, 0, part.length >> 8, part.length & 255]), part]);
  return Buffer.concat(sized).toString('base64');
}

afterEach(() => {
  for (const device of devices.splice(0)) device.remove();
});

function make(): FakeDevice {
  const device = fakeDevice({
    '/etc/hostname': 'hearth\n',
    '/etc/timezone': 'Europe/London\n',
    '/etc/locale.conf': 'LANG=de_DE.UTF-8\n',
    '/etc/modprobe.d/wifi-country.conf': 'options cfg80211 ieee80211_regdom=AT\n',
    '/usr/share/zoneinfo/zone.tab':
      '# c\nDE\t+5230+01322\tEurope/Berlin\tmost of Germany\nUS\t+4\tAmerica/New_York\n',
    '/usr/share/zoneinfo/iso3166.tab': '# c\nAT\tAustria\nDE\tGermany\n',
  });
  devices.push(device);
  return device;
}

const topicOf = (id: string) => setup.topics?.find((topic) => topic.id === id) as Topic;
const fieldOf = (topic: string, name: string) =>
  topicOf(topic).fields.find((field) => field.name === name) as Field;

async function problems(topic: string, values: Values): Promise<readonly (string | undefined)[]> {
  const found = await checkTopic({ topic: topicOf(topic), values, answers: {}, source: 'file' }, make().look);
  return found.map(({ field }) => field);
}

describe('the name of the device', () => {
  test.each(['hearth', 'a', 'pi-4', '4pi', 'a'.repeat(63)])('may be %s', async (name) => {
    expect(await problems('device', { name })).toEqual([]);
  });

  test.each(['Hearth', 'my pi', 'küche', '-a', 'a-', 'a.b', 'a_b', '123', 'localhost', 'a'.repeat(64), ''])(
    'may not be "%s"',
    async (name) => {
      expect(await problems('device', { name })).toEqual(['name']);
    },
  );

  test('is taken when another device answers to it, and free when it is our own or nobody knows', async () => {
    const look = (addresses: readonly string[] | Error) => ({
      addressesOf: async () => {
        if (addresses instanceof Error) throw addresses;
        return addresses;
      },
      ownAddresses: () => ['192.168.1.5', '127.0.0.1'],
      timeoutMs: 50,
    });
    const { signal } = new AbortController();
    expect(await isNameTaken('a', signal, look(['192.168.1.9']))).toBe(true);
    expect(await isNameTaken('a', signal, look(['192.168.1.5']))).toBe(false);
    expect(await isNameTaken('a', signal, look(new Error('ENOTFOUND')))).toBe(false);
    const silent = { ...look([]), addressesOf: () => new Promise<readonly string[]>(() => {}) };
    expect(await isNameTaken('a', signal, silent)).toBe(false);
  });
});

describe('the administrator', () => {
  test.each<[string, Values]>([
    ['a password', { name: 'anna', password: 'ten chars.' }],
    ['a key', { name: 'anna', sshKeys: `${key}\n\n# note\n${key}` }],
    ...Object.values(hashes).map((passwordHash): [string, Values] => [
      passwordHash,
      { name: 'a-b_1', passwordHash },
    ]),
    ['a NIST key', { name: 'anna', sshKeys: `ecdsa-sha2-nistp256 ${nistp256}` }],
    ['an RSA key', { name: 'anna', sshKeys: `ssh-rsa ${keyOf('ssh-rsa', 3, 256)} x y` }],
    ['a key, and a wish of Imager', { name: 'anna', sshKeys: key, sshPassword: 'yes' }],
    ['a password for SSH too', { name: 'anna', password: 'ten chars.', sshPassword: 'yes' }],
  ])('may come in with %s', async (_what, values) => {
    expect(await problems('administrator', values)).toEqual([]);
  });

  test.each<[string, Values, string]>([
    ['a short password', { name: 'anna', password: 'nine char' }, 'password'],
    ['the name as password', { name: 'annaannaanna', password: 'ANNAannaanna' }, 'password'],
    ['nothing', { name: 'anna' }, 'password'],
    ['a line end in the password', { name: 'anna', password: 'long enough\nroot:x' }, 'password'],
    ['half a key', { name: 'anna', sshKeys: key.slice(0, 60) }, 'sshKeys'],
    [
      'a key of another type than it says',
      { name: 'anna', sshKeys: key.replace('ssh-ed25519', 'ssh-rsa') },
      'sshKeys',
    ],
    [
      'a key that is another type inside',
      { name: 'anna', sshKeys: `ecdsa-sha2-nistp384 ${nistp256}` },
      'sshKeys',
    ],
    ['a short RSA key', { name: 'anna', sshKeys: `ssh-rsa ${keyOf('ssh-rsa', 3, 128)}` }, 'sshKeys'],
    ['a command before the key', { name: 'anna', sshKeys: `command="x" ${key}` }, 'sshKeys'],
    ['an outdated key', { name: 'anna', sshKeys: 'ssh-dss AAAA' }, 'sshKeys'],
    ['a private key', { name: 'anna', sshKeys: '-----BEGIN OPENSSH PRIVATE KEY-----' }, 'sshKeys'],
    ['MD5', { name: 'anna', passwordHash: '$1$salt$abcdefghijklmnopqrstuv' }, 'passwordHash'],
    ['a hash with a colon', { name: 'anna', passwordHash: `${hashes.yescrypt}:0` }, 'passwordHash'],
  ])('may not come in with %s', async (_what, values, field) => {
    expect(await problems('administrator', values)).toEqual([field]);
  });

  test.each([
    'root',
    'hearth',
    'sudo',
    'media',
    'www-data',
    'systemd-x',
    'Anna',
    '1a',
    '-a',
    'a b',
    'a:b',
    'é',
    'a'.repeat(33),
  ])('can not be called "%s"', async (name) => {
    expect(await problems('administrator', { name, password: 'ten chars.' })).toEqual(['name']);
  });

  test('takes hash and SSH switch from a file only, and never shows the hash', () => {
    for (const name of ['passwordHash', 'sshPassword'])
      expect(fieldOf('administrator', name).source).toBe('file');
    expect(fieldOf('administrator', 'passwordHash')).toMatchObject({ isSecret: true });
  });
});

describe('Wi-Fi', () => {
  const good = { country: 'DE', network: 'Home', password: '12345678' };

  test.each<Values>([
    good,
    { ...good, password: '' },
    { ...good, password: 'a'.repeat(63) },
    { ...good, password: 'aF'.repeat(32) },
  ])('takes %o', async (values) => {
    expect(await problems('wifi', values)).toEqual([]);
  });

  test.each<[Values, string]>([
    [{ ...good, password: '1234567' }, 'password'],
    [{ ...good, password: 'g'.repeat(64) }, 'password'],
    [{ ...good, network: 'ä'.repeat(17) }, 'network'],
    [{ ...good, country: 'XX' }, 'country'],
    [{ ...good, network: '' }, 'network'],
  ])('does not take %o', async (values, field) => {
    expect(await problems('wifi', values)).toEqual([field]);
  });

  test('is asked only where there is a radio', async () => {
    const device = make();
    mkdirSync(join(device.root, 'sys/class/net/eth0'), { recursive: true });
    expect(await topicOf('wifi').isAvailable?.(device.look)).toBe(false);
    mkdirSync(join(device.root, 'sys/class/net/wlan0/phy80211'), { recursive: true });
    expect(await topicOf('wifi').isAvailable?.(device.look)).toBe(true);
  });

  test('offers the networks in range once each, and no hidden ones', async () => {
    const device = make();
    device.programs['nmcli'] = (args) =>
      args.join(' ') === '-t -f SSID device wifi list' ? { stdout: 'Home\nA\\:B\\\\C\n\nHome\n' } : undefined;
    const field = fieldOf('wifi', 'network');
    expect(field.kind === 'text' && (await field.suggestions?.(device.look))).toEqual(['Home', 'A:B\\C']);
  });

  test('names the countries in both languages', async () => {
    const choices = await choicesOf(fieldOf('wifi', 'country') as ChoiceField, make().look);
    expect(choices).toContainEqual({ value: 'AT', label: { en: 'Austria', de: 'Österreich' } });
  });
});

test('pages begin with what the device has now', async () => {
  const device = make();
  for (const [topic, name, expected] of [
    ['device', 'name', 'hearth'],
    ['time', 'zone', 'Europe/London'],
    ['locale', 'language', 'de'],
    ['wifi', 'country', 'AT'],
    ['updates', 'install', 'all'],
  ] as const) {
    const field = fieldOf(topic, name);
    expect(field.kind !== 'secret' && (await field.prefill?.(device.look)), topic).toBe(expected);
  }
});

test('a time zone of the list is taken, another one is not', async () => {
  expect(await problems('time', { zone: 'Europe/Berlin' })).toEqual([]);
  expect(await problems('time', { zone: 'Europe/Atlantis' })).toEqual(['zone']);
});

test('the keyboard has no field for a page, and checks what a file says', async () => {
  expect(topicOf('keyboard').fields.every((field) => field.source === 'file')).toBe(true);
  expect(await problems('keyboard', { layout: 'de', variant: 'nodeadkeys' })).toEqual([]);
  expect(await problems('keyboard', { layout: 'de"; x' })).toEqual(['layout']);
  expect(await problems('keyboard', { variant: 'nodeadkeys' })).toEqual(['layout']);
});

test('every text is there in German too', () => {
  const missing: unknown[] = [];
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('en' in value && !('de' in value)) missing.push(value);
    for (const one of Object.values(value)) look(one);
  };
  look(setup);
  expect(missing).toEqual([]);
});

test('SSH is on the status page only if somebody can come in by it', () => {
  const [ssh] = setup.links ?? [];
  const answer = (values: Values) => ({ administrator: { state: 'answered', values } }) as const;
  expect(ssh?.address(answer({ name: 'anna', sshKeys: key }), 'attic')).toBe('ssh anna@attic.local');
  expect(ssh?.address(answer({ name: 'anna', password: 'x' }), 'attic')).toBeUndefined();
  expect(ssh?.address({}, 'attic')).toBeUndefined();
});
