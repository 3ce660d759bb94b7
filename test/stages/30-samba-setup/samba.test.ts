import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { shareIn } from '../../../stages/30-samba/setup/smb-config.ts';
import { setup } from '../../../stages/30-samba/setup.ts';
import { checkTopic } from '../../../stages/90-first-boot/agent/setup/check-topic.ts';
import type { SetupStep, Topic, Values } from '../../../stages/90-first-boot/agent/setup/define.ts';
import { accountFiles, addAccountPrograms, entries, groupsOf } from '../20-system-setup/fake-accounts.ts';
import { atEveryCut, type FakeDevice, fakeDevice } from '../20-system-setup/fake-device.ts';
import { addSystemctl } from '../20-system-setup/fake-services.ts';

const step = setup.steps?.find((one) => one.id === 'samba.user') as SetupStep;
const topic = setup.topics?.[0] as Topic;
const config =
  '[global]\n\tpath = no\n[media]\n\tpath = /srv/media\n\tvalid users = @media\n\n[timemachine]\n\tpath = /srv/tm\n';
const samba: Values = { user: 'family', password: 'canary w:ord', share: 'house' };
const administrator: Values = { name: 'anna' };
const devices: FakeDevice[] = [];
const database = '/var/lib/samba/users';

afterEach(() => {
  for (const device of devices.splice(0)) device.remove();
});

/** smbpasswd, pdbedit and testparm: the users of Samba are lines in a file. */
function make(): FakeDevice {
  const device = fakeDevice({
    ...accountFiles,
    '/etc/passwd': `${accountFiles['/etc/passwd']}anna:x:1001:1001::/home/anna:/bin/bash\n`,
    '/etc/samba/smb.conf': config.replace('\tpath = no\n', '\tserver role = standalone\n'),
    [database]: '',
  });
  devices.push(device);
  addAccountPrograms(device);
  addSystemctl(device);
  const users = () => new Map(entries(device, database));
  const keep = (user: string, fields: readonly string[] | undefined) => {
    const all = users();
    if (fields === undefined) all.delete(user);
    else all.set(user, [user, ...fields]);
    device.put(database, [...all.values()].map((one) => `${one.join(':')}\n`).join(''));
    return {};
  };
  const add = (user: string, [first = '', second = '']: readonly string[]) =>
    first.length < 8 || first !== second
      ? { exitCode: 1 }
      : keep(user, ['off', Buffer.from(first).toString('hex')]);
  device.programs['smbpasswd'] = (args, input) => {
    const [, flag = '', user = ''] = /^(-s -a|-e|-x) ([a-z][a-z0-9_-]*)$/.exec(args.join(' ')) ?? [];
    if (flag === '-x') return users().has(user) ? keep(user, undefined) : { exitCode: 1 };
    if (!entries(device, '/etc/passwd').has(user)) return undefined;
    return flag === '-e' ? keep(user, ['on', users().get(user)?.[2] ?? '']) : add(user, input.split('\n'));
  };
  device.programs['pdbedit'] = (args) =>
    args.length === 3 && args[0] === '-L' && args[1] === '-u'
      ? { exitCode: users().has(args[2] ?? '') ? 0 : 1 }
      : { stdout: [...users().keys()].join('\n') };
  device.programs['testparm'] = ([flag, file = '']) =>
    flag === '-s' ? { exitCode: device.get(file)?.includes('[global]') ? 0 : 1 } : undefined;
  return device;
}

const run = (device: FakeDevice, values: Values | undefined, cutAt?: number) =>
  device.run(step, { administrator, ...(values === undefined ? {} : { samba: values }) }, cutAt);
const usersOf = (device: FakeDevice) =>
  [...entries(device, database).values()].map((fields) => fields.slice(0, 2));

describe('the shared folder', () => {
  test('gets a user who can do nothing else, and its name; its folder stays', async () => {
    const device = make();
    await run(device, samba);
    expect(usersOf(device)).toEqual([['family', 'on']]);
    expect(entries(device, '/etc/passwd').get('family')?.[6]).toBe('/usr/sbin/nologin');
    expect(entries(device, '/etc/shadow').get('family')?.[1]).toBe('*');
    expect(groupsOf(device, 'family')).toEqual(['media']);
    expect(shareIn(device.get('/etc/samba/smb.conf') ?? '')).toEqual({ name: 'house', path: '/srv/media' });
    expect(device.get('/etc/samba/smb.conf')).toContain('[timemachine]\n\tpath = /srv/tm\n');
  });

  test('never has the password in an argument or in the log', async () => {
    const device = make();
    await run(device, samba);
    const seen = JSON.stringify([device.calls.map(({ program, args }) => [program, args]), device.log]);
    expect(seen).not.toContain('canary');
    expect(device.calls.some(({ input }) => input === 'canary w:ord\ncanary w:ord\n')).toBe(true);
  });

  test('uses the account of the administrator, and never removes it', async () => {
    const device = make();
    await run(device, { ...samba, user: 'anna' });
    expect(device.calls.some(({ program }) => program === 'useradd')).toBe(false);
    expect(groupsOf(device, 'anna')).toEqual(['media']);
    await device.undo(step);
    expect(entries(device, '/etc/passwd').has('anna')).toBe(true);
    expect(usersOf(device)).toEqual([]);
  });

  test('does not take an account of the system', async () => {
    const device = make();
    const before = device.snapshot();
    await expect(run(device, { ...samba, user: 'hearth' })).rejects.toThrow('uses the name');
    expect(device.snapshot()).toEqual(before);
  });

  test('lets only the new user in when the name changes', async () => {
    const device = make();
    await run(device, samba);
    await run(device, { ...samba, user: 'house' });
    expect(usersOf(device)).toEqual([['house', 'on']]);
    expect(entries(device, '/etc/passwd').has('family')).toBe(false);
  });

  test('lets nobody in when it was skipped', async () => {
    const device = make();
    const before = device.snapshot();
    await run(device, undefined);
    expect(device.snapshot()).toEqual(before);
  });

  test('is the same after a second run and after a power cut between any two operations', async () => {
    const whole = make();
    await run(whole, samba);
    const before = whole.snapshot();
    await run(whole, samba);
    expect(whole.snapshot()).toEqual(before);
    const cuts = await atEveryCut(
      make,
      (device, cutAt) => run(device, samba, cutAt),
      async (device) => {
        await run(device, samba);
        expect(device.snapshot()).toEqual(before);
      },
    );
    expect(cuts).toBeGreaterThan(8);
  });

  test('is made anew when useradd was cut off in the middle', async () => {
    const device = make();
    await expect(run(device, samba, 2)).rejects.toThrow('power cut');
    device.put('/etc/passwd', `${device.get('/etc/passwd')}family:x:1002:1002::/home/family:/bin/sh\n`);
    await run(device, samba);
    expect(groupsOf(device, 'family')).toEqual(['media']);
  });

  test('is as in the image after a factory reset, also one that was cut off anywhere', async () => {
    const untouched = make().snapshot();
    await atEveryCut(
      make,
      async (device, cutAt) => {
        await run(device, samba);
        await run(device, { ...samba, user: 'anna', share: 'other' });
        await device.undo(step, cutAt);
      },
      async (device) => {
        await device.undo(step);
        // The administrator stays in the group: that account is not ours.
        device.put(
          '/etc/group',
          (device.get('/etc/group') ?? '').replace('media:x:999:anna', 'media:x:999:'),
        );
        expect(device.snapshot()).toEqual(untouched);
      },
    );
  });

  test('keeps its name when Samba does not accept the new one', async () => {
    const device = make();
    device.programs['testparm'] = () => ({ exitCode: 1 });
    await expect(run(device, samba)).rejects.toThrow('does not accept');
    expect(shareIn(device.get('/etc/samba/smb.conf') ?? '')?.name).toBe('media');
  });

  test('is announced again when the device is renamed', async () => {
    const device = make();
    const { asked } = addSystemctl(device);
    await device.run(setup.steps?.find((one) => one.id === 'samba.announce') as SetupStep, {
      device: { name: 'x' },
    });
    expect(asked).toEqual(['try-restart smbd.service wsdd2.service']);
  });
});

test.each<[Values, readonly string[]]>([
  [samba, []],
  [{ user: 'family', password: '12345678' }, []],
  [{ ...samba, user: 'root' }, ['user']],
  [{ ...samba, user: 'Two Words' }, ['user']],
  [{ ...samba, password: '1234567' }, ['password']],
  [{ ...samba, password: '12345678\nx' }, ['password']],
  [{ ...samba, share: 'global' }, ['share']],
  [{ ...samba, share: 'a]\n[b' }, ['share']],
])('the answers %o have mistakes in %o', async (values, expected) => {
  const found = await checkTopic({ topic, values, answers: {}, source: 'page' }, make().look);
  expect(found.map(({ field }) => field)).toEqual(expected);
});

test('the page begins with the name of the share in the image', async () => {
  const [, , share] = topic.fields;
  expect(share?.kind === 'text' && (await share.prefill?.(make().look))).toBe('media');
});

test('the status page has an address for each kind of computer, once there is a user', () => {
  const addresses = (answers: Parameters<NonNullable<typeof setup.links>[0]['address']>[0]) =>
    (setup.links ?? []).map((link) => link.address(answers, 'attic'));
  expect(addresses({ samba: { state: 'answered', values: samba } })).toEqual([
    'smb://attic.local/house',
    '\\\\attic\\house',
  ]);
  expect(addresses({ samba: { state: 'skipped' } })).toEqual([undefined, undefined]);
});

test('the doctor sees a service that is down, a missing user and a folder nobody may write to', async () => {
  const device = make();
  mkdirSync(join(device.root, 'srv/media'), { recursive: true });
  chmodSync(join(device.root, 'srv/media'), 0o2755);
  device.programs['systemctl'] = () => ({ exitCode: 3, stdout: 'failed\n' });
  const states = async () =>
    await Promise.all((setup.checks ?? []).map(async (check) => (await check.run(device.look)).state));
  expect(await states()).toEqual(['bad', 'warning', 'bad']);
  chownSync(join(device.root, 'srv/media'), 0, 999);
  chmodSync(join(device.root, 'srv/media'), 0o2775);
  await addSystemctlActive(device);
  expect(await states()).toEqual(['good', 'good', 'good']);
});

async function addSystemctlActive(device: FakeDevice): Promise<void> {
  addSystemctl(device);
  await run(device, samba);
  device.programs['systemctl'] = (args) =>
    args.join(' ') === 'is-active smbd.service' ? { stdout: 'active\n' } : undefined;
}
