import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DeviceLook, RunResult } from '../device/door.ts';
import { writeDurably } from '../files/durable-file.ts';
import { removeDurably } from '../files/durable-folder.ts';
import { hasCable, hotspotName, wifiCards } from './cards.ts';
import { type Clock, realClock } from './clock.ts';
import { reachesInternet } from './internet.ts';
import type { JoinFailure, Network, NetworkSight, ScannedNetwork } from './network.ts';
import { failureIn, scannedNetworks, terseRows } from './nmcli-text.ts';
import { unblockRadio } from './radio.ts';
import { isTryProfile, keptProfile, tryProfile, wifiProfile, wifiProfileFile } from './wifi-profile.ts';

/** Name of the hotspot's profile, which NetworkManager has only in memory. */
export const hotspotProfile = 'hearth-hotspot';
/** Own address in the hotspot. Not of 10.42.0.0/16: that is the cluster's. */
export const hotspotAddress = '192.168.73.1';

/** nmcli's own answers, when it has nothing to wait for. */
const shortMs = 1_500;

/** NetworkManager by its command line. A secret never stands there: it goes by a file that only root can read. */
export function nmcliNetwork(device: DeviceLook, clock: Clock = realClock): Network {
  const look = withWholeTimes(device, clock);
  // The profile that the try replaces.
  let known: string | undefined;
  return {
    look: () => lookAround(look),
    prepare: async (limitMs, country = '') => {
      unblockRadio(look);
      const each = limitMs / 2;
      await look.run('nmcli', ['radio', 'wifi', 'on'], { timeoutMs: each });
      if (country !== '') await look.run('iw', ['reg', 'set', country], { timeoutMs: each });
    },
    scan: (limitMs) => scan(look, limitMs),
    open: (limitMs) => openHotspot(look, clock, limitMs),
    close: async (limitMs) => {
      await look.run('nmcli', ['connection', 'delete', 'id', hotspotProfile], { timeoutMs: limitMs });
    },
    connect: (wish, isHidden, limitMs) => {
      const before = look.read(wifiProfileFile);
      if (before !== undefined && !isTryProfile(before)) known = before;
      writeProfile(look, tryProfile(wish, isHidden));
      return connect(look, clock, { limitMs, isSecured: wish.password !== '' });
    },
    hasInternet: (limitMs) => reachesInternet(clock.realMs(limitMs)),
    keep: async (wish, isHidden) => {
      // The same file with more rights: NetworkManager takes over what is new in it, and stays in the network.
      writeProfile(look, keptProfile(wish, isHidden));
      await look.run('nmcli', ['connection', 'reload'], { timeoutMs: shortMs });
    },
    forget: async (limitMs) => {
      if (!isTryProfile(look.read(wifiProfileFile) ?? '')) return;
      if (known === undefined) removeDurably(look.path(wifiProfileFile));
      else writeProfile(look, known);
      await look.run('nmcli', ['connection', 'reload'], { timeoutMs: limitMs });
    },
  };
}

/** Times left are fractions at the end of a sum; programs take whole milliseconds, and 0 would be no limit. */
function withWholeTimes(look: DeviceLook, clock: Clock): DeviceLook {
  return {
    ...look,
    run: (program, args, options) => {
      const timeoutMs = Math.max(1, Math.round(clock.realMs(options?.timeoutMs ?? shortMs)));
      return look.run(program, args, { ...options, timeoutMs });
    },
  };
}

async function lookAround(look: DeviceLook): Promise<NetworkSight> {
  const hasCard = wifiCards(look).length > 0;
  // Nothing to open a hotspot with: no program has to run for that answer.
  if (!hasCard) return { ...nothingSeen, hasCable: hasCable(look) };
  const { stdout } = await look.run(
    'nmcli',
    ['-t', '-f', 'NAME,TYPE,STATE', 'connection', 'show', '--active'],
    {
      timeoutMs: 10_000,
    },
  );
  const rows = terseRows(stdout).filter(([, type = '']) => realTypes.has(type));
  const others = rows.filter(([name]) => name !== hotspotProfile).map(([, , state]) => state);
  const hotspot = rows.filter(([name]) => name === hotspotProfile).map(([, , state]) => state);
  const profile = look.read(wifiProfileFile);
  return {
    hasCard,
    hasCable: hasCable(look),
    isConnected: others.includes('activated'),
    isConnecting: others.includes('activating'),
    isHotspotUp: hotspot.includes('activated') || hotspot.includes('activating'),
    hasGuest: hasGuest(look.read('/proc/net/arp') ?? ''),
    knowsNetwork: profile !== undefined && !isTryProfile(profile),
  };
}

const nothingSeen = {
  hasCard: false,
  isConnected: false,
  isConnecting: false,
  isHotspotUp: false,
  hasGuest: false,
  knowsNetwork: false,
};

/** Ways to other devices: not the loopback, and not what programs make for themselves. */
const realTypes = new Set(['802-3-ethernet', '802-11-wireless', 'gsm', 'bluetooth']);

/** Lines of /proc/net/arp; flag 2: it has answered. */
function hasGuest(arp: string): boolean {
  const subnet = hotspotAddress.replace(/\d+$/, '');
  return arp.split('\n').some((line) => line.startsWith(subnet) && / 0x2 /.test(line));
}

async function scan(look: DeviceLook, limitMs: number): Promise<readonly ScannedNetwork[] | undefined> {
  const [card] = wifiCards(look);
  if (card === undefined) return [];
  const fields = 'SSID-HEX,SIGNAL,SECURITY,MODE';
  const args = ['-t', '-f', fields, 'device', 'wifi', 'list', 'ifname', card, '--rescan', 'yes'];
  const { exitCode, stdout } = await look.run('nmcli', args, { timeoutMs: limitMs });
  return exitCode === 0 ? scannedNetworks(stdout) : undefined;
}

async function openHotspot(look: DeviceLook, clock: Clock, limitMs: number): Promise<boolean> {
  const until = clock.nowMs() + limitMs;
  const leftMs = () => Math.max(1, until - clock.nowMs());
  const [card] = wifiCards(look);
  if (card === undefined) return false;
  // Left by a crash: two of one name would both be there.
  await look.run('nmcli', ['connection', 'delete', 'id', hotspotProfile], { timeoutMs: leftMs() });
  const added = await look.run('nmcli', hotspotArgs(card, hotspotName(look)), { timeoutMs: leftMs() });
  if (added.exitCode !== 0) return false;
  const up = ['connection', 'up', 'id', hotspotProfile, 'ifname', card];
  const { exitCode } = await look.run('nmcli', ['--wait', wholeSeconds(clock, leftMs()), ...up], {
    timeoutMs: leftMs(),
  });
  // 3 and -1: not yet. It may still come; the next look shows it.
  return [0, 3, -1].includes(exitCode);
}

function hotspotArgs(card: string, name: string): readonly string[] {
  const connection = ['type', 'wifi', 'ifname', card, 'con-name', hotspotProfile, 'autoconnect', 'no'];
  // No security block: everybody may come in, and the setup code decides who may do something.
  const wifi = ['ssid', name, '802-11-wireless.mode', 'ap', '802-11-wireless.band', 'bg'];
  const ip = ['ipv4.method', 'shared', 'ipv4.addresses', `${hotspotAddress}/24`, 'ipv6.method', 'disabled'];
  return ['connection', 'add', 'save', 'no', ...connection, ...wifi, ...ip];
}

async function connect(
  look: DeviceLook,
  clock: Clock,
  { limitMs, isSecured }: { readonly limitMs: number; readonly isSecured: boolean },
): Promise<'connected' | JoinFailure> {
  const until = clock.nowMs() + limitMs;
  const leftMs = () => Math.max(1, until - clock.nowMs());
  const [card] = wifiCards(look);
  if (card === undefined) return 'other';
  await look.run('nmcli', ['connection', 'load', wifiProfileFile], { timeoutMs: limitMs / 4 });
  const up = ['connection', 'up', 'id', wifiProfile, 'ifname', card];
  // Time is kept back for asking how far it came; nmcli is to end by itself, and so to say why.
  const timeoutMs = leftMs() - shortMs;
  const wait = ['--wait', wholeSeconds(clock, timeoutMs - 500)];
  const result = await look.run('nmcli', [...wait, ...up], { timeoutMs });
  if (result.exitCode === 0) return (await hasAddress(look, card)) ? 'connected' : 'noAddress';
  if (result.exitCode !== 3 && result.exitCode !== -1) return failureIn(wordsOf(result));
  return farAs(await deviceState(look, card), isSecured);
}

/** How far a connection came that took too long: 70 and above is waiting for an address. */
function farAs(state: number, isSecured: boolean): JoinFailure {
  if (state >= 70) return 'noAddress';
  return isSecured ? 'wrongPassword' : 'other';
}

async function deviceState(look: DeviceLook, card: string): Promise<number> {
  const args = ['-g', 'GENERAL.STATE', 'device', 'show', card];
  const { stdout } = await look.run('nmcli', args, { timeoutMs: shortMs });
  return Number.parseInt(stdout, 10) || 0;
}

async function hasAddress(look: DeviceLook, card: string): Promise<boolean> {
  const args = ['-t', '-f', 'IP4.ADDRESS,IP6.ADDRESS', 'device', 'show', card];
  const { stdout } = await look.run('nmcli', args, { timeoutMs: shortMs });
  return terseRows(stdout).some(
    ([name = '', ...parts]) =>
      /^IP[46]\.ADDRESS/.test(name) && !/^(169\.254\.|fe80:)/i.test(parts.join(':')) && parts.join('') !== '',
  );
}

function wordsOf({ stdout, stderr }: RunResult): string {
  return `${stderr}\n${stdout}`;
}

/** As nmcli takes it. */
function wholeSeconds(clock: Clock, ms: number): string {
  return String(Math.max(1, Math.floor(clock.realMs(ms) / 1000)));
}

function writeProfile(look: DeviceLook, text: string): void {
  const path = look.path(wifiProfileFile);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeDurably(path, text, 0o600);
}
