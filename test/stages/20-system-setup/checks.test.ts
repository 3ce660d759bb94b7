import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { setup } from '../../../stages/20-system/setup.ts';
import type { CheckResult } from '../../../stages/90-first-boot/agent/setup/define.ts';
import { type FakeDevice, type FakeProgram, fakeDevice } from './fake-device.ts';

type State = CheckResult['state'];

interface Case {
  readonly id: string;
  readonly state: State;
  readonly files?: Readonly<Record<string, string>>;
  readonly programs?: Readonly<Record<string, FakeProgram>>;
}

const devices: FakeDevice[] = [];

afterEach(() => {
  for (const device of devices.splice(0)) device.remove();
});

const says =
  (answers: Readonly<Record<string, string>>): FakeProgram =>
  (args) => {
    const stdout = answers[args.join(' ')];
    return stdout === undefined ? undefined : { stdout };
  };
const address = (text: string) => ({ ip: says({ '-o address show scope global': text }) });
const df = (text: string) => ({ df: says({ '-B1 --output=size,avail /': text }) });
const routes = (text: string) => says({ '-4 route show default': text, '-6 route show default': '' });
const sources = {
  '/etc/apt/sources.list.d/debian.sources': 'Types: deb\nURIs: https://mirror.example/debian\n',
};
const avahi = (answer: string) => ({
  busctl: says({ 'call org.freedesktop.Avahi / org.freedesktop.Avahi.Server GetHostName': answer }),
});
const memory = (available: number, swap: number) =>
  `MemTotal:       4000000 kB\nMemAvailable:   ${available} kB\nSwapTotal:      ${swap} kB\n`;

const cases: readonly Case[] = [
  { id: 'system.address', state: 'good', programs: address('2: eth0    inet 192.168.1.5/24 brd x\n') },
  { id: 'system.address', state: 'bad', programs: address('5: cni0    inet 10.42.0.1/24 brd x\n') },
  {
    id: 'system.internet',
    state: 'good',
    files: sources,
    programs: {
      ip: routes('default via 192.168.1.1\n'),
      getent: says({ 'ahosts mirror.example': '1.2.3.4' }),
    },
  },
  { id: 'system.internet', state: 'warning', files: sources, programs: { ip: routes('') } },
  {
    id: 'system.internet',
    state: 'warning',
    files: sources,
    programs: { ip: routes('default via 192.168.1.1\n'), getent: () => ({ exitCode: 2 }) },
  },
  { id: 'system.name', state: 'good', files: { '/etc/hostname': 'attic\n' }, programs: avahi('s "attic"\n') },
  {
    id: 'system.name',
    state: 'warning',
    files: { '/etc/hostname': 'attic\n' },
    programs: avahi('s "attic-2"\n'),
  },
  { id: 'system.name', state: 'warning', files: { '/etc/hostname': 'attic\n' } },
  { id: 'system.clock', state: 'good', files: { '/run/systemd/timesync/synchronized': '' } },
  { id: 'system.clock', state: 'warning' },
  { id: 'system.disk', state: 'good', programs: df(' 1B-blocks Avail\n32000000000 20000000000\n') },
  { id: 'system.disk', state: 'warning', programs: df(' 1B-blocks Avail\n32000000000 900000000\n') },
  { id: 'system.disk', state: 'bad', programs: df(' 1B-blocks Avail\n32000000000 100000000\n') },
  { id: 'system.disk', state: 'warning' },
  { id: 'system.card', state: 'good', files: { '/proc/mounts': '/dev/root / ext4 rw,noatime 0 0\n' } },
  { id: 'system.card', state: 'bad', files: { '/proc/mounts': '/dev/root / ext4 ro,noatime 0 0\n' } },
  { id: 'system.card', state: 'bad', files: { '/sys/fs/ext4/mmcblk0p2/errors_count': '3\n' } },
  { id: 'system.card', state: 'warning', files: { '/sys/block/mmcblk0/device/pre_eol_info': '0x02\n' } },
  { id: 'system.memory', state: 'good', files: { '/proc/meminfo': memory(2_000_000, 1_000_000) } },
  { id: 'system.memory', state: 'warning', files: { '/proc/meminfo': memory(100_000, 1_000_000) } },
  { id: 'system.memory', state: 'warning', files: { '/proc/meminfo': memory(2_000_000, 0) } },
  {
    id: 'system.memory',
    state: 'warning',
    files: { '/proc/meminfo': memory(2_000_000, 1_000_000), '/proc/vmstat': 'oom_kill 1\n' },
  },
  { id: 'system.power', state: 'good' },
  {
    id: 'system.power',
    state: 'bad',
    files: { '/sys/class/hwmon/hwmon1/name': 'rpi_volt\n', '/sys/class/hwmon/hwmon1/in0_lcrit_alarm': '1\n' },
  },
  { id: 'system.power', state: 'warning', files: { '/sys/class/thermal/thermal_zone0/temp': '82000\n' } },
  { id: 'system.restart', state: 'good' },
  { id: 'system.restart', state: 'warning', files: { '/run/reboot-required': '' } },
  {
    id: 'system.services',
    state: 'good',
    programs: { systemctl: says({ 'list-units --failed --plain --no-legend': '' }) },
  },
  {
    id: 'system.services',
    state: 'warning',
    programs: {
      systemctl: says({ 'list-units --failed --plain --no-legend': 'a.service loaded failed failed A\n' }),
    },
  },
  { id: 'system.services', state: 'warning' },
  { id: 'system.upgrades', state: 'good', files: { '/proc/uptime': '3600.00 1.0\n' } },
  { id: 'system.upgrades', state: 'warning', files: { '/proc/uptime': '900000.00 1.0\n' } },
  { id: 'system.upgrades', state: 'good', files: { '/var/lib/apt/periodic/upgrade-stamp': '' } },
];

test.each(cases)('$id is $state', async ({ id, state, files = {}, programs = {} }) => {
  const device = fakeDevice(files);
  devices.push(device);
  Object.assign(device.programs, programs);
  const check = setup.checks?.find((one) => one.id === id);
  const result = await check?.run(device.look);
  expect(result?.state).toBe(state);
  expect(result?.meaning).toHaveProperty('de');
  if (state !== 'good') expect(result?.todo).toHaveProperty('de');
});

test('updates that were looked for long ago are a warning', async () => {
  const device = fakeDevice({ '/var/lib/apt/periodic/upgrade-stamp': '' });
  devices.push(device);
  const longAgo = new Date(Date.now() - 20 * 86_400_000);
  utimesSync(join(device.root, 'var/lib/apt/periodic/upgrade-stamp'), longAgo, longAgo);
  const check = setup.checks?.find((one) => one.id === 'system.upgrades');
  expect((await check?.run(device.look))?.state).toBe('warning');
});

test('every check has a case that is good and one that is not', () => {
  for (const { id } of setup.checks ?? []) {
    const states = cases.filter((one) => one.id === id).map((one) => one.state);
    expect(states, id).toContain('good');
    expect(
      states.some((state) => state !== 'good'),
      id,
    ).toBe(true);
  }
});
