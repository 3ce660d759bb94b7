import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { wifiReason } from '../../../stages/20-system/setup/wifi-failure.ts';
import { wifiProfileText } from '../../../stages/20-system/setup/wifi-profile.ts';
import { setup } from '../../../stages/20-system/setup.ts';
import type { RunResult } from '../../../stages/90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../../stages/90-first-boot/agent/setup/define.ts';
import { atEveryCut, type FakeDevice, fakeDevice } from './fake-device.ts';
import { addSystemctl } from './fake-services.ts';

const step = setup.steps?.find((one) => one.id === 'system.wifi') as SetupStep;
const profile = '/etc/NetworkManager/system-connections/hearth-wifi.nmconnection';
const country = '/etc/modprobe.d/wifi-country.conf';
const wifi = { country: 'DE', network: 'Käse; & Brot', password: 'canary pass\\word' };
const devices: FakeDevice[] = [];

afterEach(() => {
  for (const device of devices.splice(0)) device.remove();
});

interface Radio {
  isRunning: boolean;
  isUp: boolean;
  /** What `nmcli connection up` answers. */
  up: Partial<RunResult>;
  reason: string;
  /** What `nmcli -g SSID device wifi list` answers. */
  heard: string;
}

function make(): { readonly device: FakeDevice; readonly radio: Radio } {
  const device = fakeDevice({
    [country]: '# image\noptions cfg80211 ieee80211_regdom=00\n',
    '/var/lib/systemd/rfkill/platform-fe300000.mmcnr:wlan': '1\n',
    '/var/lib/systemd/rfkill/platform-soc:bluetooth': '1\n',
    '/sys/class/rfkill/rfkill0/type': 'wlan\n',
    '/sys/class/rfkill/rfkill0/soft': '1\n',
    '/sys/class/rfkill/rfkill1/type': 'bluetooth\n',
    '/sys/class/rfkill/rfkill1/soft': '1\n',
  });
  devices.push(device);
  mkdirSync(join(device.root, 'sys/class/net/wlan0/wireless'), { recursive: true });
  mkdirSync(join(device.root, 'sys/class/net/eth0'), { recursive: true });
  addSystemctl(device);
  const radio: Radio = { isRunning: true, isUp: false, up: {}, reason: '0 (No reason given)\n', heard: '' };
  device.programs['iw'] = (args) => (/^reg set [A-Z]{2}$/.test(args.join(' ')) ? {} : undefined);
  device.programs['nmcli'] = (args) => nmcli(radio, args.join(' '), device);
  return { device, radio };
}

function nmcli(radio: Radio, line: string, device: FakeDevice): Partial<RunResult> | undefined {
  if (line === '-g RUNNING general') return { stdout: radio.isRunning ? 'running\n' : '' };
  if (!radio.isRunning) return { exitCode: 8, stderr: 'Error: NetworkManager is not running.' };
  switch (line) {
    case '-g GENERAL.STATE connection show id hearth-wifi':
      return { stdout: radio.isUp ? 'activated\n' : '' };
    case '--wait 45 connection up id hearth-wifi':
      radio.isUp = (radio.up.exitCode ?? 0) === 0;
      return radio.up;
    case '-g GENERAL.REASON device show wlan0':
      return { stdout: radio.reason };
    case 'connection delete id hearth-wifi':
      return device.has(profile) ? {} : { exitCode: 10 };
    case '-g SSID device wifi list --rescan no':
      return { stdout: radio.heard };
    case 'radio wifi on':
    case 'connection reload':
    case 'device wifi rescan':
      return {};
    default:
      return undefined;
  }
}

describe('joining a Wi-Fi network', () => {
  test('sets the country, opens the radio for good and only the radio, and joins', async () => {
    const { device } = make();
    await device.run(step, { wifi });
    expect(device.get(country)).toContain('options cfg80211 ieee80211_regdom=DE\n');
    expect(device.get('/var/lib/systemd/rfkill/platform-fe300000.mmcnr:wlan')).toBe('0\n');
    expect(device.get('/sys/class/rfkill/rfkill0/soft')).toBe('0');
    expect(device.get('/var/lib/systemd/rfkill/platform-soc:bluetooth')).toBe('1\n');
    expect(device.get('/sys/class/rfkill/rfkill1/soft')).toBe('1\n');
    expect(device.mode(profile)).toBe(0o600);
    const lines = device.calls.map(({ program, args }) => [program, ...args].join(' '));
    expect(lines).toContain('iw reg set DE');
    expect(lines).toContain('nmcli radio wifi on');
    expect(lines.at(-1)).toBe('nmcli --wait 45 connection up id hearth-wifi');
  });

  test('never has the password in an argument or in the log', async () => {
    const { device } = make();
    await device.run(step, { wifi });
    expect(JSON.stringify([device.calls, device.log])).not.toContain('canary');
  });

  test('does not break a connection that is up already', async () => {
    const { device } = make();
    await device.run(step, { wifi });
    const before = device.snapshot();
    device.calls.length = 0;
    await device.run(step, { wifi });
    expect(device.snapshot()).toEqual(before);
    expect(device.calls.some(({ args }) => args.includes('up'))).toBe(false);
  });

  test('joins again with another password', async () => {
    const { device } = make();
    await device.run(step, { wifi });
    device.calls.length = 0;
    await device.run(step, { wifi: { ...wifi, password: 'something else' } });
    expect(device.calls.some(({ args }) => args.includes('up'))).toBe(true);
  });

  test('leaves the network to NetworkManager when that does not run yet', async () => {
    const { device, radio } = make();
    radio.isRunning = false;
    await device.run(step, { wifi });
    expect(device.has(profile)).toBe(true);
  });

  test('keeps the network for later on a device without Wi-Fi hardware', async () => {
    const { device } = make();
    rmSync(join(device.root, 'sys/class/net/wlan0'), { recursive: true });
    await device.run(step, { wifi });

    expect(device.has(profile)).toBe(true);
    expect(device.calls.some(({ args }) => args.includes('up'))).toBe(false);
  });

  test('is the same after a power cut between any two operations', async () => {
    const { device: whole } = make();
    await whole.run(step, { wifi });
    await atEveryCut(
      () => make().device,
      (device, cutAt) => device.run(step, { wifi }, cutAt),
      async (device) => {
        await device.run(step, { wifi });
        expect(device.snapshot()).toEqual(whole.snapshot());
      },
    );
  });

  test('forgets network and country in a factory reset, also before NetworkManager runs and when cut off', async () => {
    for (const isRunning of [true, false])
      await atEveryCut(
        () => make().device,
        async (device, cutAt) => {
          await device.run(step, { wifi });
          const now = device.programs['nmcli'];
          if (!isRunning) device.programs['nmcli'] = () => ({ exitCode: 8 });
          expect(now).toBeDefined();
          await device.undo(step, cutAt);
        },
        async (device) => {
          await device.undo(step);
          expect(device.has(profile)).toBe(false);
          expect(device.get(country)).toContain('regdom=00');
          expect(Object.keys(device.snapshot()).some((path) => path.includes('originals'))).toBe(false);
        },
      );
  });

  test.each([
    [
      'Error: Connection activation failed: Secrets were required, but not provided',
      '',
      'password is probably',
    ],
    [
      'Error: Connection activation failed: IP configuration could not be reserved (no available address, timeout, etc.)',
      '',
      'no address',
    ],
    ['Error: Timeout expired (45 seconds)', '8 (802.1X supplicant disconnected)\n', 'password is probably'],
    ['Error: Timeout expired (45 seconds)', '16 (DHCP client error)\n', 'no address'],
    ['Error: Timeout expired (45 seconds)', '0 (No reason given)\n', 'could not join'],
  ])('tells why: %s %s', async (stderr, reason, why) => {
    const { device, radio } = make();
    radio.up = { exitCode: 4, stderr };
    radio.reason = reason;
    await expect(device.run(step, { wifi })).rejects.toThrow(why);
  });
});

test('a secured network that is heard but "not found" did not take the password', async () => {
  const { device, radio } = make();
  radio.up = {
    exitCode: 10,
    stderr: 'Error: Connection activation failed: The Wi-Fi network could not be found',
  };
  radio.heard = `Neighbour\n${wifi.network.replaceAll(/[\\:]/g, '\\$&')}\n`;

  await expect(device.run(step, { wifi })).rejects.toThrow('password is probably');
});

test('a network that is not there has a reason of its own', () => {
  expect(wifiReason('Error: Connection activation failed: The Wi-Fi network could not be found', '')).toBe(
    'notFound',
  );
  expect(wifiReason('Error: Timeout expired', '53 (The Wi-Fi network could not be found)')).toBe('notFound');
});

describe('the profile for NetworkManager', () => {
  const lineOf = (text: string, key: string) => text.split('\n').find((line) => line.startsWith(`${key}=`));

  test('has the name as bytes, so that no name means anything else', () => {
    const name = 'Käse; 1;2';
    const line = lineOf(wifiProfileText({ network: name, password: '', isHidden: false }), 'ssid') ?? '';
    const bytes = line.slice(5).split(';').slice(0, -1).map(Number);
    expect(Buffer.from(bytes).toString()).toBe(name);
  });

  test('keeps blanks and backslashes of the password', () => {
    const text = wifiProfileText({ network: 'n', password: ' a\\sb # c ', isHidden: false });
    expect(lineOf(text, 'psk')).toBe('psk=\\sa\\\\sb\\s#\\sc\\s');
  });

  test('has no security without a password, and looks for a hidden network by its name', () => {
    const text = wifiProfileText({ network: 'n', password: '', isHidden: true });
    expect(text).not.toContain('[wifi-security]');
    expect(text).toContain('hidden=true');
  });
});
