import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { runCard } from '../../../../stages/90-first-boot/agent/card/run-card.ts';
import { writeSetup } from '../../../../stages/90-first-boot/agent/store/setup-store.ts';
import { annasHash, annasKey, atticsKey, type CardDevice, cardDevice } from './device.ts';

let device: CardDevice;

beforeEach(() => {
  device = cardDevice();
  return () => device.remove();
});

const formats = ['systemd-1.8', 'systemd', 'cloudinit-2.0', 'cloudinit', 'cloudinit-rpi', 'rpi-preseed'];

function expected(isKeyOnly: boolean) {
  return {
    device: { name: 'kitchen' },
    administrator: { name: 'anna', sshKeys: annasKey, ...(isKeyOnly ? {} : { passwordHash: annasHash }) },
    time: { zone: 'Europe/Berlin' },
    wifi: { country: 'DE', network: 'Attic', password: atticsKey, hidden: isKeyOnly ? 'yes' : 'no' },
    keyboard: { layout: 'de' },
  };
}

describe.each(formats)('a card with the format %s', (format) => {
  it.each([
    ['full', false],
    ['key-only-hidden', true],
  ])('gives the same answers as all others (%s)', async (variant, isKeyOnly) => {
    device.putFolder(`${variant}/${format}`);

    expect(await runCard(device.context)).toBe(0);

    const answers = Object.fromEntries(
      Object.entries(expected(isKeyOnly)).map(([id, values]) => [
        id,
        { state: 'answered', values, from: 'card' },
      ]),
    );
    expect(device.stored()).toMatchObject({ isClaimed: false, isWanted: false });
    expect(device.stored().answers).toEqual(answers);
  });

  it('has no secret left, no file of Imager, and no word that starts its scripts', async () => {
    device.putFolder(`full/${format}`);
    const before = device.read('cmdline.txt');

    await runCard(device.context);

    expect(device.names()).toEqual(['cmdline.txt', 'config.txt', 'hearth-card.txt']);
    for (const canary of [annasHash, atticsKey, 'Attic']) expect(device.bytes().includes(canary)).toBe(false);
    expect(device.journal.join('\n')).not.toMatch(/Canary|cf9787|kitchen|anna|Attic/);
    const end = before.endsWith('\n') ? '\n' : '';
    expect(device.read('cmdline.txt')).toBe(
      `console=serial0,115200 console=tty1 root=PARTUUID=0badcafe-02 rootfstype=ext4 fsck.repair=yes rootwait cfg80211.ieee80211_regdom=DE${end}`,
    );
  });

  it('changes nothing at the second start', async () => {
    device.putFolder(`full/${format}`);
    await runCard(device.context);
    const after = [device.bytes().toString('hex'), JSON.stringify(device.stored())];
    device.journal.splice(0);

    expect(await runCard(device.context)).toBe(0);

    expect([device.bytes().toString('hex'), JSON.stringify(device.stored())]).toEqual(after);
    expect(device.journal).toEqual([]);
  });
});

it('says on the card what was taken, in English and German', async () => {
  device.putFolder('full/cloudinit-rpi');

  await runCard(device.context);

  const text = device.read('hearth-card.txt');
  expect(text.startsWith('\uFEFFHEARTH')).toBe(true);
  expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  expect(text).toContain('  - Name of the device\r\n');
  expect(text).toContain('  - Name des Geräts\r\n');
  expect(text).toContain('user-data: The settings for USB gadget mode');
  expect(text).not.toMatch(/kitchen|anna|Attic/);
});

it('leaves a card that Imager did not customise alone', async () => {
  device.putFolder('full/none');

  expect(await runCard(device.context)).toBe(0);

  expect(device.names()).toEqual(['cmdline.txt', 'config.txt']);
  expect(device.stored().answers).toEqual({});
});

it('does nothing without a FAT partition', async () => {
  device.remove();
  const empty = cardDevice();
  const context = { ...empty.context, paths: { ...empty.context.paths, fatFolder: `${empty.fat}/nothing` } };

  expect(await runCard(context)).toBe(0);
  empty.remove();
});

describe('an answer of the owner on the page', () => {
  function answerOnPage(): void {
    const setup = device.stored();
    const answer = { state: 'answered', values: { name: 'cellar' }, from: 'page' } as const;
    writeSetup(device.context.paths, { ...setup, answers: { ...setup.answers, device: answer } });
  }

  it('stays when the same file is on the card again', async () => {
    device.putFolder('full/rpi-preseed');
    await runCard(device.context);
    answerOnPage();
    device.putFolder('full/rpi-preseed');

    await runCard(device.context);

    expect(device.values('device')).toEqual({ name: 'cellar' });
    expect(device.names()).not.toContain('rpi-preseed.toml');
  });

  it('is replaced by a file that says something new', async () => {
    device.putFolder('full/rpi-preseed');
    await runCard(device.context);
    answerOnPage();
    device.putFolder('key-only-hidden/rpi-preseed');

    await runCard(device.context);

    expect(device.values('device')).toEqual({ name: 'kitchen' });
  });
});

describe('odd files', () => {
  const umlauts = { network: `Müller's "Küche" \\ $HOME`, password: `pass'wörd "x" $(reboot) \\` };
  const bytes = (text: string) =>
    [...Buffer.from(text)]
      .map((byte) =>
        byte < 0x20 || byte > 0x7e
          ? `\\x${byte.toString(16)}`
          : String.fromCharCode(byte).replace(/["\\]/, '\\$&'),
      )
      .join('');
  const shell = (text: string) => `'${text.replaceAll("'", `'"'"'`)}'`;
  const toml = (text: string) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
  const helper = '/usr/lib/raspberrypi-sys-mods/imager_custom';

  it.each([
    ['firstrun.sh', `${helper} set_wlan ${shell(umlauts.network)} ${shell(umlauts.password)} 'DE'`],
    [
      'firstrun.sh',
      `${helper} set_wlan -p ${umlauts.network.replaceAll(/[^\w]/gu, '\\$&')} ${shell(umlauts.password).replaceAll(`'"'"'`, `'\\''`)} DE`,
    ],
    [
      'network-config',
      `network:\n  wifis:\n    wlan0:\n      regulatory-domain: de\n      access-points:\n        "${bytes(umlauts.network)}":\n          password: "${bytes(umlauts.password)}"\n`,
    ],
    [
      'rpi-preseed.toml',
      `[wlan]\nssid = ${toml(umlauts.network)}\npassword = ${toml(umlauts.password)}\ncountry = "DE"`,
    ],
  ])('%s has umlauts, quotes and signs of the shell in name and password', async (name, text) => {
    device.put(name, text);

    await runCard(device.context);

    expect(device.values('wifi')).toEqual({ country: 'DE', hidden: 'no', ...umlauts });
  });

  it.each([
    ['firstrun.sh', `${helper} set_hostname kitchen`],
    ['firstrun.sh', 'if true; then\n   echo kitchen >/etc/hostname\nfi'],
    ['user-data', '#cloud-config\nhostname: kitchen'],
    ['rpi-preseed.toml', 'config_version = "1.0"\n[system]\nhostname = "kitchen"'],
  ])('%s has only the name of the device', async (name, text) => {
    for (const variant of [
      text,
      `${text}\n`,
      `\uFEFF${text}`,
      text.replaceAll('\n', '\r\n'),
      Buffer.from(`\uFEFF${text}`, 'utf16le'),
    ]) {
      const one = cardDevice();
      one.put(name, variant);

      expect(await runCard(one.context)).toBe(0);

      expect(one.stored().answers).toEqual({
        device: { state: 'answered', values: { name: 'kitchen' }, from: 'card' },
      });
      expect(one.names()).toEqual(['config.txt', 'hearth-card.txt']);
      one.remove();
    }
  });

  it('reads what firstrun.sh does without the helpers of Raspberry Pi OS', async () => {
    const text = readFileSync('test/fixtures/card/full/systemd/firstrun.sh', 'utf8');
    device.put('firstrun.sh', text.replaceAll(/^.*(imager_custom|userconf) .*$/gm, 'true'));

    await runCard(device.context);

    expect(device.values('wifi')).toEqual(expected(false).wifi);
    expect(device.values('administrator')).toEqual(expected(false).administrator);
    expect(device.values('keyboard')).toEqual({ layout: 'de' });
  });

  it('takes a SHA-256 hash and an open network', async () => {
    const hash = `$5$mZ8rQ1xW3k$${'abCD01./'.repeat(6).slice(0, 43)}`;
    device.put('user-data', `#cloud-config\nuser:\n  name: anna\n  passwd: ${hash}\nssh_pwauth: true\n`);
    device.put(
      'network-config',
      'network:\n  wifis:\n    wlan0:\n      regulatory-domain: DE\n      access-points:\n        Guests:\n          auth:\n            key-management: none\n',
    );

    await runCard(device.context);

    expect(device.values('administrator')).toEqual({ name: 'anna', passwordHash: hash, sshPassword: 'yes' });
    expect(device.values('wifi')).toEqual({ country: 'DE', network: 'Guests', hidden: 'no' });
  });

  it('takes passwords as they are written, also when they look like numbers', async () => {
    device.put(
      'network-config',
      'network:\n  wifis:\n    wlan0:\n      regulatory-domain: DE\n      access-points:\n        007:\n          password: 0123456789\n',
    );

    await runCard(device.context);

    expect(device.values('wifi')).toMatchObject({ network: '007', password: '0123456789' });
  });

  it('takes the Wi-Fi country from the command line, and only with a network', async () => {
    device.put('cmdline.txt', 'root=x cfg80211.ieee80211_regdom=DE\n');
    device.put('rpi-preseed.toml', '[wlan]\nssid_hex = "4bc3bc636865"\npassword = "long enough"\n');

    await runCard(device.context);

    expect(device.values('wifi')).toEqual({
      country: 'DE',
      network: 'Küche',
      password: 'long enough',
      hidden: 'no',
    });
  });

  it('takes what is right, and says what is not without saying it', async () => {
    device.put(
      'rpi-preseed.toml',
      '[system]\nhostname = "Kitchen Box"\n[user]\nname = "anna"\npassword = "canary secret"\n[ssh]\nauthorized_keys = ["ssh-canary"]\n[locale]\ntimezone = "Europe/Vienna"\n[wlan]\nssid = "Attic"\npassword = "canary"\ncountry = "DE"\n',
    );

    await runCard(device.context);

    expect(device.values('time')).toEqual({ zone: 'Europe/Vienna' });
    expect(device.values('device')).toBeUndefined();
    expect(device.values('administrator')).toEqual({ name: 'anna', password: 'canary secret' });
    const text = device.read('hearth-card.txt');
    expect(text).toContain('rpi-preseed.toml: device.name: Please use small letters only.');
    expect(text).toContain('rpi-preseed.toml: administrator.sshKeys: ');
    expect(text).toContain('rpi-preseed.toml: wifi.password: A Wi-Fi password has 8 to 63 characters.');
    expect(`${text}${device.journal.join('')}${device.bytes()}`).not.toMatch(/canary|Kitchen Box/);
  });

  it.each([
    ['user-data', '#cloud-config\nuser:\n  name: "anna\n  passwd: canary\n', 'line 5, column 1'],
    ['rpi-preseed.toml', '[user]\nname = "anna"\npassword = "canary', 'line 3, column'],
    ['network-config', 'network: {wifis: {wlan0: {canary', 'line 1'],
  ])(
    'says where reading a broken %s ended, takes nothing and leaves it to its owner',
    async (name, text, place) => {
      device.put(name, text);

      expect(await runCard(device.context)).toBe(0);

      expect(device.stored().answers).toEqual({});
      expect(device.read(name)).toBe(text);
      expect(device.read('hearth-card.txt')).toContain(place);
      expect(`${device.read('hearth-card.txt')}${device.journal.join('')}`).not.toMatch(/canary|anna/);
      const after = device.bytes().toString('hex');
      await runCard(device.context);
      expect(device.bytes().toString('hex')).toBe(after);
    },
  );

  it('takes the whole commands of a firstrun.sh that was cut off, and removes it', async () => {
    const text = readFileSync('test/fixtures/card/full/systemd/firstrun.sh', 'utf8');
    device.put('firstrun.sh', text.slice(0, text.indexOf('set_wlan') + 30));

    await runCard(device.context);

    expect(device.values('administrator')).toEqual(expected(false).administrator);
    expect(device.values('wifi')).toBeUndefined();
    expect(device.names()).not.toContain('firstrun.sh');
    expect(device.bytes().includes(annasHash)).toBe(false);
  });

  it('neither runs nor removes a script that somebody else wrote', async () => {
    device.put('firstrun.sh', '#!/bin/sh\nreboot\n');

    await runCard(device.context);

    expect(device.read('firstrun.sh')).toBe('#!/bin/sh\nreboot\n');
    expect(device.read('hearth-card.txt')).toContain('It was not run');
  });

  it('leaves out what this image does not ask', async () => {
    const topics = device.context.setups.topics.filter((topic) => topic.id !== 'keyboard');
    device.putFolder('full/systemd');

    await runCard({ ...device.context, setups: { ...device.context.setups, topics } });

    expect(device.stored().answers['keyboard']).toBeUndefined();
    expect(device.read('hearth-card.txt')).toContain('firstrun.sh: This image does not ask for "keyboard"');
  });
});
