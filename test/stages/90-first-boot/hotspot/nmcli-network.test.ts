import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { wifiProfileText } from '../../../../stages/20-system/setup/wifi-profile.ts';
import { lookAt } from '../../../../stages/90-first-boot/agent/device/look.ts';
import type { JoinWish } from '../../../../stages/90-first-boot/agent/door/protocol.ts';
import { slowClock } from '../../../../stages/90-first-boot/agent/hotspot/clock.ts';
import type { Network } from '../../../../stages/90-first-boot/agent/hotspot/network.ts';
import { nmcliNetwork } from '../../../../stages/90-first-boot/agent/hotspot/nmcli-network.ts';

const profile = 'etc/NetworkManager/system-connections/hearth-wifi.nmconnection';
const wish: JoinWish = {
  address: '',
  credential: '',
  country: 'DE',
  network: 'Café 1;2',
  password: ' a\\b c; ',
  evenWithoutInternet: false,
};
const active = '-t -f NAME,TYPE,STATE connection show --active';
const scan = '-t -f SSID-HEX,SIGNAL,SECURITY,MODE device wifi list ifname wlan0 --rescan yes';
const addHotspot =
  'connection add save no type wifi ifname wlan0 con-name hearth-hotspot autoconnect no ssid Hearth setup 1A2B 802-11-wireless.mode ap 802-11-wireless.band bg ipv4.method shared ipv4.addresses 192.168.73.1/24 ipv6.method disabled';
const load = 'connection load /etc/NetworkManager/system-connections/hearth-wifi.nmconnection';
const joined = '-t -f IP4.ADDRESS,IP6.ADDRESS device show wlan0';
const state = '-g GENERAL.STATE device show wlan0';
let root: string;
let network: Network;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hearth-nmcli-'));
  put('sys/class/net/wlan0/wireless/.keep', '');
  put('sys/class/net/wlan0/address', 'd8:3a:dd:00:1a:2b\n');
  put('sys/class/net/eth0/device/.keep', '');
  put('sys/class/net/eth0/carrier', '0\n');
  put('sys/class/net/br-lan/carrier', '1\n');
  network = nmcliNetwork(lookAt(root));
  return () => rmSync(root, { recursive: true, force: true });
});

describe('look', () => {
  it.each([
    ['nothing but the loopback', 'lo:loopback:activated\n', {}],
    ['a cable', 'Ethernet:802-3-ethernet:activated\n', { isConnected: true }],
    ['a network that is being joined', 'My\\:net:802-11-wireless:activating\n', { isConnecting: true }],
    ['one that is being left', 'x:802-11-wireless:deactivating\n', {}],
    ['the own hotspot', 'hearth-hotspot:802-11-wireless:activating\n', { isHotspotUp: true }],
    ['a bridge of the cluster', 'cni0:bridge:activated\n', {}],
    [
      'the hotspot and a cable',
      'hearth-hotspot:802-11-wireless:activated\nEthernet:802-3-ethernet:activating\n',
      { isHotspotUp: true, isConnecting: true },
    ],
  ])('sees %s', async (_what, answer, seen) => {
    nmcli({ [active]: [0, answer] });

    expect(await network.look()).toEqual({
      hasCard: true,
      hasCable: false,
      isConnected: false,
      isConnecting: false,
      isHotspotUp: false,
      hasGuest: false,
      knowsNetwork: false,
      ...seen,
    });
  });

  it('sees a cable before anything is connected by it, but not that of a bridge', async () => {
    nmcli({ [active]: [0, ''] });
    expect((await network.look()).hasCable).toBe(false);
    put('sys/class/net/eth0/carrier', '1\n');

    expect((await network.look()).hasCable).toBe(true);
  });

  it('sees guests that answered, and no others', async () => {
    nmcli({ [active]: [0, ''] });
    const line = (ip: string, flags: string) =>
      `${ip}    0x1         ${flags}         aa:bb:cc:dd:ee:ff     *        wlan0\n`;
    put('proc/net/arp', line('192.168.178.5', '0x2') + line('192.168.73.20', '0x0'));
    expect((await network.look()).hasGuest).toBe(false);
    put('proc/net/arp', line('192.168.73.20', '0x2'));

    expect((await network.look()).hasGuest).toBe(true);
  });

  it('sees no wireless card and no connection where NetworkManager does not answer', async () => {
    rmSync(join(root, 'sys/class/net/wlan0'), { recursive: true });

    expect(await network.look()).toMatchObject({ hasCard: false, isConnected: false, isHotspotUp: false });
  });
});

describe('scan', () => {
  it('gives each network once, strongest first, and none that a password alone can not open', async () => {
    nmcli({
      [scan]: [
        0,
        [
          `${hex('Attic')}:40:WPA2:Infra`,
          `${hex('Attic')}:70:WPA1 WPA2:Infra`,
          `${hex('Open: one')}:90::Infra`,
          `${hex('Office')}:99:WPA2 802.1X:Infra`,
          `${hex('Old')}:99:WEP:Infra`,
          `${hex('Printer')}:99::Ad-Hoc`,
          ':99:WPA2:Infra',
          'FF00FF:99:WPA2:Infra',
          `${hex('Küche')}:10:WPA3:Infra`,
          '',
        ].join('\n'),
      ],
    });

    expect(await network.scan(5_000)).toEqual([
      { name: 'Open: one', isSecured: false, strength: 90 },
      { name: 'Attic', isSecured: true, strength: 70 },
      { name: 'Küche', isSecured: true, strength: 10 },
    ]);
  });

  it('gives nothing when it can not be done', async () => {
    nmcli({ [scan]: [1, ''] });

    expect(await network.scan(5_000)).toBeUndefined();
  });
});

describe('the hotspot', () => {
  it('is open, in memory only, and at its own address', async () => {
    nmcli({
      'connection delete id hearth-hotspot': [10, ''],
      [addHotspot]: [0, ''],
      '--wait [0-9] connection up id hearth-hotspot ifname wlan0': [0, ''],
    });

    expect(await network.open(5_000)).toBe(true);
    expect(calls()).toHaveLength(3);
  });

  it.each([
    ['is there', 0, true],
    ['takes longer than nmcli waits', 3, true],
    ['is refused', 4, false],
  ])('that %s: exit code %i means %s', async (_what, exitCode, isOpen) => {
    nmcli({
      'connection delete id hearth-hotspot': [0, ''],
      [addHotspot]: [0, ''],
      '--wait [0-9] connection up id hearth-hotspot ifname wlan0': [exitCode, ''],
    });

    expect(await network.open(5_000)).toBe(isOpen);
  });

  it('that nmcli is stopped at before it is up may still come', async () => {
    // Its own words and exit code when the time is over.
    const stopped = `trap 'echo "Error: nmcli terminated by signal Terminated (15)" >&2; exit 1' TERM; sleep 9 & wait`;
    program('nmcli', `case "$*" in *'connection up'*) ${stopped} ;; esac`);

    expect(await network.open(1_500)).toBe(true);
  });

  it('is taken away with its profile', async () => {
    nmcli({ 'connection delete id hearth-hotspot': [0, ''] });

    await network.close(5_000);

    expect(calls()).toEqual(['connection delete id hearth-hotspot']);
  });
});

describe('prepare', () => {
  it('takes the lock off the wireless radio only, and sets the country', async () => {
    nmcli({ 'radio wifi on': [0, ''] });
    program('iw', 'echo "$*" >> "$(dirname "$0")/../../iw.log"');
    put('sys/class/rfkill/rfkill0/type', 'bluetooth\n');
    put('sys/class/rfkill/rfkill0/soft', '1\n');
    put('sys/class/rfkill/rfkill1/type', 'wlan\n');
    put('sys/class/rfkill/rfkill1/soft', '1\n');

    await network.prepare(5_000, 'DE');

    expect(read('sys/class/rfkill/rfkill0/soft')).toBe('1\n');
    expect(read('sys/class/rfkill/rfkill1/soft')).toBe('0');
    expect(read('iw.log')).toBe('reg set DE\n');
    expect(calls()).toEqual(['radio wifi on']);
  });
});

describe('a try to join', () => {
  const up = '--wait [0-9] connection up id hearth-wifi ifname wlan0';

  it('works with an address, by a profile that only root can read and no start uses', async () => {
    nmcli({ [load]: [0, ''], [up]: [0, ''], [joined]: [0, 'IP4.ADDRESS[1]:192.168.178.30/24\n'] });

    expect(await network.connect(wish, false, 8_000)).toBe('connected');
    expect(statSync(join(root, profile)).mode & 0o777).toBe(0o600);
    expect(read(profile)).toMatch(/^autoconnect=false$/m);
    expect(read(profile)).toMatch(/^auth-retries=1$/m);
  });

  it('never has the password in an argument or in the environment', async () => {
    nmcli({ [load]: [0, ''], [up]: [0, ''], [joined]: [0, 'IP4.ADDRESS[1]:192.168.178.30/24\n'] });

    await network.connect({ ...wish, password: 'canary-password' }, true, 8_000);

    expect(read('nmcli.log')).toContain('HOME');
    expect(read('nmcli.log')).not.toContain('canary');
    expect(read(profile)).toContain('psk=canary-password');
  });

  it.each([
    ['wrongPassword', 'Error: Connection activation failed: (7) Secrets were required, but not provided'],
    [
      'wrongPassword',
      'Error: Connection activation failed: Secrets were required, but not provided\nHint: x',
    ],
    ['wrongPassword', 'Error: Connection activation failed: 802.1X supplicant took too long to authenticate'],
    ['notFound', 'Error: Connection activation failed: The Wi-Fi network could not be found'],
    [
      'noAddress',
      'Error: Connection activation failed: IP configuration could not be reserved (no available address, timeout, etc.)',
    ],
    ['noAddress', 'Error: Connection activation failed: (17) DHCP client failed'],
    ['other', 'Error: Connection activation failed: The base network connection was interrupted'],
    ['other', 'Error: unknown connection'],
  ])('tells %s of "%s"', async (failure, message) => {
    nmcli({ [load]: [0, ''], [up]: [4, '', message] });

    expect(await network.connect(wish, false, 8_000)).toBe(failure);
  });

  it.each([
    ['waits for an address', '70 (connecting (getting IP configuration))', wish.password, 'noAddress'],
    ['is being let in', '60 (connecting (need authentication))', wish.password, 'wrongPassword'],
    ['is being let into an open network', '50 (connecting (configuring))', '', 'other'],
  ])('that takes too long while it %s: %s', async (_what, stateText, password, failure) => {
    nmcli({ [load]: [0, ''], [up]: [3, ''], [state]: [0, `${stateText}\n`] });

    expect(await network.connect({ ...wish, password }, false, 8_000)).toBe(failure);
  });

  it.each(['', 'IP6.ADDRESS[1]:fe80\\:\\:1/64\n', 'IP4.ADDRESS[1]:169.254.7.7/16\n'])(
    'is no success with the addresses %j',
    async (addresses) => {
      nmcli({ [load]: [0, ''], [up]: [0, ''], [joined]: [0, addresses] });

      expect(await network.connect(wish, false, 8_000)).toBe('noAddress');
    },
  );

  it('keeps to its time even if NetworkManager hangs', async () => {
    program('nmcli', 'exec sleep 60');
    const beganMs = performance.now();

    await network.connect(wish, false, 2_500);

    expect(performance.now() - beganMs).toBeLessThan(2_500 + 1_000);
  });

  it('has more of it on a slower computer', async () => {
    program('nmcli', 'exec sleep 60');
    const beganMs = performance.now();

    await nmcliNetwork(lookAt(root), slowClock(3)).close(300);

    expect(performance.now() - beganMs).toBeGreaterThan(3 * 300 - 10);
  });

  it.each([true, false])(
    'leaves, when kept, just the file that the setup writes (hidden: %s)',
    async (isHidden) => {
      nmcli({ 'connection reload': [0, ''] });

      await network.keep(wish, isHidden);

      expect(read(profile)).toBe(
        wifiProfileText({ network: wish.network, password: wish.password, isHidden }),
      );
      expect(statSync(join(root, profile)).mode & 0o777).toBe(0o600);
    },
  );

  it('lets no line of the profile come from the password', async () => {
    nmcli({ 'connection reload': [0, ''] });

    await network.keep({ ...wish, password: 'x\n[connection]\rid=evil' }, false);

    expect(read(profile).match(/^\[connection\]$/gm)).toHaveLength(1);
    expect(read(profile)).not.toMatch(/^id=evil/m);
  });

  it('leaves nothing when forgotten, but puts back a network that was known', async () => {
    nmcli({ [load]: [0, ''], [up]: [4, ''], 'connection reload': [0, ''] });
    await network.connect(wish, false, 8_000);
    await network.forget(1_000);
    expect(existsSync(join(root, profile))).toBe(false);
    put(profile, 'the profile before');

    await network.connect(wish, false, 8_000);
    await network.connect(wish, false, 8_000);
    await network.forget(1_000);

    expect(read(profile)).toBe('the profile before');
    expect((await network.look()).knowsNetwork).toBe(true);
  });

  it('that a power cut left behind is no known network, and can be forgotten; a kept one stays', async () => {
    nmcli({ [load]: [0, ''], [up]: [4, ''], 'connection reload': [0, ''], [active]: [0, ''] });
    await network.connect(wish, false, 8_000);
    const next = nmcliNetwork(lookAt(root));
    expect((await next.look()).knowsNetwork).toBe(false);
    await next.forget(1_000);
    expect(existsSync(join(root, profile))).toBe(false);
    await next.keep(wish, false);

    await next.forget(1_000);

    expect((await next.look()).knowsNetwork).toBe(true);
  });
});

/** A strict nmcli: patterns of whole command lines, with exit code, output and error. Anything else ends with 99. */
function nmcli(answers: Readonly<Record<string, readonly [number, string, string?]>>): void {
  const cases = Object.entries(answers).map(([args, [exitCode, out, error = '']], index) => {
    put(`answers/${index}.out`, out);
    put(`answers/${index}.err`, error);
    const pattern = args.replaceAll(' ', '\\ ').replaceAll(';', '\\;');
    return `${pattern}) cat "$root/answers/${index}.out"; cat "$root/answers/${index}.err" >&2; exit ${exitCode};;`;
  });
  program(
    'nmcli',
    `root="$(dirname "$0")/../.."; echo "$*" >> "$root/nmcli.calls"; { echo "$*"; echo HOME; env; } >> "$root/nmcli.log"\ncase "$*" in\n${cases.join('\n')}\nesac\necho "unexpected: $*" >> "$root/nmcli.unexpected"; exit 99`,
  );
}

/** What nmcli was asked; fails when it was asked something that it does not know. */
function calls(): readonly string[] {
  expect(existsSync(join(root, 'nmcli.unexpected')) ? read('nmcli.unexpected') : '').toBe('');
  return read('nmcli.calls').trim().split('\n');
}

function program(name: string, script: string): void {
  put(`usr/bin/${name}`, `#!/bin/sh\n${script}\n`);
  chmodSync(join(root, 'usr/bin', name), 0o755);
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex').toUpperCase();
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
