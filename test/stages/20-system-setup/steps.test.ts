import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { setup } from '../../../stages/20-system/setup.ts';
import type { SetupStep, Values } from '../../../stages/90-first-boot/agent/setup/define.ts';
import { atEveryCut, type FakeDevice, fakeDevice } from './fake-device.ts';
import { addSystemctl } from './fake-services.ts';

const files = {
  '/etc/hostname': 'hearth\n',
  '/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 hearth\n::1       localhost ip6-localhost\n',
  '/etc/timezone': 'Europe/London\n',
  '/etc/default/keyboard': 'XKBMODEL="pc105"\nXKBLAYOUT="gb"\nXKBVARIANT=""\nXKBOPTIONS=""\n',
  '/usr/share/zoneinfo/Europe/Berlin': 'TZif',
  '/usr/share/X11/xkb/rules/base.lst':
    '! model\n  pc105  Generic\n! layout\n  de  German\n  us  English\n! variant\n',
};
const devices: FakeDevice[] = [];

afterEach(() => {
  for (const device of devices.splice(0)) device.remove();
});

function make(): FakeDevice {
  const device = fakeDevice(files);
  devices.push(device);
  addSystemctl(device);
  symlinkSync('../usr/share/zoneinfo/Europe/London', join(device.root, 'etc/localtime'));
  device.programs['hostname'] = (args) => {
    if (args.length !== 1) return undefined;
    device.put('/proc/sys/kernel/hostname', args[0] ?? '');
    return {};
  };
  device.put('/proc/sys/kernel/hostname', 'hearth');
  device.programs['ln'] = ([flags, target = '', path = '']) => {
    if (flags !== '-sfT') return undefined;
    rmSync(join(device.root, path), { force: true });
    symlinkSync(target, join(device.root, path));
    return {};
  };
  device.programs['setupcon'] = (args) =>
    args.join(' ') === '--save --keyboard-only --force' ? {} : undefined;
  return device;
}

const stepOf = (id: string) => setup.steps?.find((one) => one.id === id) as SetupStep;

const cases: readonly { id: string; topic: string; values: Values; other: Values; expected: Values }[] = [
  {
    id: 'system.hostname',
    topic: 'device',
    values: { name: 'attic' },
    other: { name: 'cellar' },
    expected: {
      '/etc/hostname': 'attic\n',
      '/etc/hosts': '127.0.0.1 localhost\n127.0.1.1 attic\n::1       localhost ip6-localhost\n',
      '/proc/sys/kernel/hostname': 'attic',
    },
  },
  {
    id: 'system.timezone',
    topic: 'time',
    values: { zone: 'Europe/Berlin' },
    other: { zone: 'Europe/Berlin' },
    expected: { '/etc/timezone': 'Europe/Berlin\n', '/etc/localtime': 'TZif' },
  },
  {
    id: 'system.keyboard',
    topic: 'keyboard',
    values: { layout: 'de', variant: 'nodeadkeys' },
    other: { layout: 'us' },
    expected: {
      '/etc/default/keyboard': 'XKBMODEL="pc105"\nXKBLAYOUT="de"\nXKBVARIANT="nodeadkeys"\nXKBOPTIONS=""\n',
    },
  },
  {
    id: 'system.updates',
    topic: 'updates',
    values: { install: 'all-restart' },
    other: { install: 'security' },
    expected: {},
  },
];

describe.each(cases)('$id', ({ id, topic, values, other, expected }) => {
  const step = stepOf(id);

  test('does what was asked, and once more changes nothing', async () => {
    const device = make();
    await device.run(step, { [topic]: values });
    for (const [path, text] of Object.entries(expected)) expect(device.get(path)).toBe(text);
    const before = device.snapshot();
    await device.run(step, { [topic]: values });
    expect(device.snapshot()).toEqual(before);
  });

  test('is the same after a power cut between any two operations, also of a change', async () => {
    const whole = make();
    await whole.run(step, { [topic]: other });
    await whole.run(step, { [topic]: values });
    await atEveryCut(
      make,
      async (device, cutAt) => {
        await device.run(step, { [topic]: other });
        await device.run(step, { [topic]: values }, cutAt);
      },
      async (device) => {
        await device.run(step, { [topic]: values });
        expect(device.snapshot()).toEqual(whole.snapshot());
      },
    );
  });

  test('goes back to what the image had, also when that is cut off anywhere, or the work was', async () => {
    const untouched = make().snapshot();
    await atEveryCut(
      make,
      async (device, cutAt) => {
        await device.run(step, { [topic]: other });
        await device.run(step, { [topic]: values });
        await device.undo(step, cutAt);
        expect(device.snapshot()).toEqual(untouched);
      },
      async (device) => {
        await device.undo(step);
        expect(device.snapshot()).toEqual(untouched);
      },
    );
    await atEveryCut(
      make,
      (device, cutAt) => device.run(step, { [topic]: values }, cutAt),
      async (device) => {
        await device.undo(step);
        expect(device.snapshot()).toEqual(untouched);
      },
    );
  });

  test('does nothing on a device where it was never done', async () => {
    const device = make();
    const before = device.snapshot();
    await device.undo(step);
    expect(device.snapshot()).toEqual(before);
  });
});

describe('what can not be done says so', () => {
  test('a time zone that is not there', async () => {
    for (const zone of ['Mars/Olympus', '../../../etc/passwd', 'Europe'])
      await expect(make().run(stepOf('system.timezone'), { time: { zone } })).rejects.toThrow('time zone');
  });

  test('a keyboard layout that is not there', async () => {
    const device = make();
    await expect(device.run(stepOf('system.keyboard'), { keyboard: { layout: 'xx' } })).rejects.toThrow(
      '"xx"',
    );
    expect(device.get('/etc/default/keyboard')).toBe(files['/etc/default/keyboard']);
  });
});

test('the name is announced at once', async () => {
  const device = make();
  const { asked } = addSystemctl(device);
  await device.run(stepOf('system.hostname'), { device: { name: 'attic' } });
  expect(asked).toEqual(['try-restart avahi-daemon.service']);
});

test.skipIf(!existsSync('/usr/bin/apt-config'))('apt understands each choice of updates', async () => {
  const dump = async (install: string) => {
    const device = make();
    // What the image says itself, read before: all of Debian.
    device.put(
      '/etc/apt/apt.conf.d/50unattended-upgrades',
      'Unattended-Upgrade::Origins-Pattern { "label=Debian"; };\n',
    );
    await device.run(stepOf('system.updates'), { updates: { install } });
    device.put('/apt.conf', `Dir::Etc::parts "${join(device.root, 'etc/apt/apt.conf.d')}";\n`);
    const env = { PATH: '/usr/bin', APT_CONFIG: join(device.root, 'apt.conf') };
    return spawnSync('apt-config', ['dump', '--no-empty'], { encoding: 'utf8', env });
  };
  const security = await dump('security');
  expect(security.stderr).toBe('');
  expect(security.stdout).toContain('label=Debian-Security');
  expect(security.stdout).not.toContain('"label=Debian"');
  expect((await dump('all')).stdout).toContain('"label=Debian"');
  expect((await dump('all-restart')).stdout).toContain('Unattended-Upgrade::Automatic-Reboot "true"');
  expect((await dump('all')).stdout).toContain('Unattended-Upgrade::Automatic-Reboot "false"');
});
