import { afterEach, describe, expect, test } from 'vitest';
import { setup } from '../../../stages/20-system/setup.ts';
import type { SetupStep, Values } from '../../../stages/90-first-boot/agent/setup/define.ts';
import { accountFiles, addAccountPrograms, entries, groupsOf } from './fake-accounts.ts';
import { atEveryCut, type FakeDevice, fakeDevice } from './fake-device.ts';
import { addSystemctl } from './fake-services.ts';

const step = setup.steps?.find((one) => one.id === 'system.administrator') as SetupStep;
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPUzkVNS5FKi9m0Xk1QY5QXx3mTz8tSXdP5Uq0QyKcb anna@laptop';
const otherKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH3hVnqzEHRC1PGpCUbvZSmh1Tq0hTOZv3J8jPqVnM2x new';
const withPassword: Values = { name: 'anna', password: 'canary-pass:word 1' };
const withKey: Values = { name: 'anna', sshKeys: key };
const both: Values = { ...withPassword, sshKeys: `${key}\n` };
const keysFile = '/home/anna/.ssh/authorized_keys';
const sudoFile = '/etc/sudoers.d/hearth-administrator';
const devices: FakeDevice[] = [];

afterEach(() => {
  for (const device of devices.splice(0)) device.remove();
});

function make() {
  const device = fakeDevice(accountFiles);
  devices.push(device);
  addAccountPrograms(device);
  device.programs['visudo'] = ([flag, file = '']) =>
    flag !== '-cf'
      ? undefined
      : { exitCode: /^\S+ ALL=\(ALL:ALL\) (NOPASSWD: )?ALL\n$/.test(device.get(file) ?? '') ? 0 : 1 };
  return { device, ...addSystemctl(device) };
}

const run = (device: FakeDevice, values: Values, cutAt?: number) =>
  device.run(step, { administrator: values }, cutAt);

describe('the administrator', () => {
  test('with a password gets an account, the groups that are there, and sudo that asks for it', async () => {
    const { device, enabled } = make();
    await run(device, withPassword);
    expect(entries(device, '/etc/shadow').get('anna')?.[1]).toMatch(/^\$fake\$/);
    expect(groupsOf(device, 'anna')).toEqual(['adm', 'sudo', 'systemd-journal', 'media']);
    expect(device.get(sudoFile)).toBe('anna ALL=(ALL:ALL) ALL\n');
    expect(device.mode(sudoFile)).toBe(0o440);
    expect([...enabled]).toEqual([]);
    expect(device.get('/etc/ssh/sshd_config.d/hearth-setup.conf')).toBe('PasswordAuthentication no\n');
  });

  test('with a key only has no password, sudo without one, and SSH on without waiting for it', async () => {
    const { device, enabled, asked } = make();
    await run(device, withKey);
    expect(entries(device, '/etc/shadow').get('anna')?.[1]).toBe('*');
    expect(device.get(sudoFile)).toBe('anna ALL=(ALL:ALL) NOPASSWD: ALL\n');
    expect(device.get(keysFile)).toBe(`${key}\n`);
    expect(device.mode(keysFile)).toBe(0o600);
    expect(device.has('/var/lib/hearth/authorized_keys.new')).toBe(false);
    expect([...enabled]).toEqual(['ssh.service']);
    expect(asked).toEqual(['restart ssh.service']);
  });

  test('with a hash from the card gets that hash', async () => {
    const { device } = make();
    await run(device, { name: 'anna', passwordHash: '$6$salt$canaryhash' });
    expect(entries(device, '/etc/shadow').get('anna')?.[1]).toBe('$6$salt$canaryhash');
    expect(device.calls.find((call) => call.program === 'chpasswd')?.args).toEqual(['-e']);
  });

  test('opens SSH by password only when a file on the card wants it', async () => {
    const { device, enabled } = make();
    await run(device, { ...withPassword, sshPassword: 'yes' });
    expect(device.get('/etc/ssh/sshd_config.d/hearth-setup.conf')).toBe('PasswordAuthentication yes\n');
    expect([...enabled]).toEqual(['ssh.service']);
  });

  test('never has a secret in an argument or in the log', async () => {
    const { device } = make();
    await run(device, both);
    await run(device, { name: 'anna', passwordHash: '$6$canary$canary' });
    const seen = JSON.stringify([device.calls.map(({ program, args }) => [program, args]), device.log]);
    expect(seen).not.toContain('canary');
  });

  test('is the same after a second run, which makes no second account', async () => {
    const { device } = make();
    await run(device, both);
    const before = device.snapshot();
    await run(device, both);
    expect(device.snapshot()).toEqual(before);
    expect(device.calls.filter((call) => call.program === 'useradd')).toHaveLength(1);
  });

  test('is the same after a power cut between any two operations', async () => {
    const { device: whole } = make();
    await run(whole, both);
    const cuts = await atEveryCut(
      () => make().device,
      (device, cutAt) => run(device, both, cutAt),
      async (device) => {
        await run(device, both);
        expect(device.snapshot()).toEqual(whole.snapshot());
      },
    );
    expect(cuts).toBeGreaterThan(12);
  });

  test('is made anew when useradd itself was cut off in the middle', async () => {
    const { device } = make();
    await expect(run(device, both, 3)).rejects.toThrow('power cut');
    device.put('/etc/passwd', `${accountFiles['/etc/passwd']}anna:x:1002:1002::/home/anna:/bin/bash\n`);
    await run(device, both);
    expect(entries(device, '/etc/shadow').get('anna')?.[1]).toMatch(/^\$fake\$/);
    expect(entries(device, '/etc/group').has('anna')).toBe(true);
  });

  test('can not take the name of an account of the system', async () => {
    for (const name of ['hearth', 'media']) {
      const { device } = make();
      const before = device.snapshot();
      await expect(run(device, { ...withPassword, name })).rejects.toThrow('uses the name');
      expect(device.snapshot()).toEqual(before);
    }
  });

  test('keeps the keys that the owner added by hand, and loses those the setup gave earlier', async () => {
    const { device } = make();
    await run(device, withKey);
    device.put(keysFile, `${key}\nssh-rsa own@hand\n`, 0o600);
    await run(device, { ...withKey, sshKeys: otherKey });
    expect(device.get(keysFile)).toBe(`${otherKey}\nssh-rsa own@hand\n`);
    const { device: cutDevice } = make();
    await run(cutDevice, withKey);
    for (let cutAt = 1; cutAt < 12; cutAt++)
      await run(cutDevice, { ...withKey, sshKeys: otherKey }, cutAt).catch(() => {});
    await run(cutDevice, { ...withKey, sshKeys: otherKey });
    expect(cutDevice.get(keysFile)).toBe(`${otherKey}\n`);
  });

  test('has SSH switched off again when the last key goes, unless the image had it on', async () => {
    const { device, enabled, asked } = make();
    await run(device, both);
    await run(device, withPassword);
    expect([...enabled]).toEqual([]);
    expect(asked.at(-1)).toBe('stop ssh.service');
    const image = make();
    image.enabled.add('ssh.service');
    await run(image.device, withPassword);
    expect([...image.enabled]).toEqual(['ssh.service']);
    await image.device.undo(step);
    expect([...image.enabled]).toEqual(['ssh.service']);
  });

  test('with another name locks the old account out and keeps its files', async () => {
    const { device } = make();
    await run(device, both);
    device.put('/home/anna/photo.jpg', 'x');
    await run(device, { ...both, name: 'berta' });
    const [, hash, , , , , , expires] = entries(device, '/etc/shadow').get('anna') ?? [];
    expect(hash).toMatch(/^!/);
    expect(expires).toBe('1');
    expect(groupsOf(device, 'anna')).toEqual([]);
    expect(entries(device, '/etc/passwd').get('anna')?.[6]).toBe('/usr/sbin/nologin');
    expect(device.has('/home/anna/photo.jpg')).toBe(true);
    expect(groupsOf(device, 'berta')).toContain('sudo');
    // And back again.
    await run(device, both);
    expect(entries(device, '/etc/shadow').get('anna')?.slice(1, 8)).not.toContain('1');
    expect(entries(device, '/etc/passwd').get('anna')?.[6]).toBe('/bin/bash');
    expect(groupsOf(device, 'berta')).toEqual([]);
  });

  test('keeps sudo as it was when the new rules are not valid', async () => {
    const { device } = make();
    await run(device, withPassword);
    device.programs['visudo'] = () => ({ exitCode: 1, stderr: 'syntax error' });
    await expect(run(device, withKey)).rejects.toThrow('rights of the administrator');
    expect(device.get(sudoFile)).toBe('anna ALL=(ALL:ALL) ALL\n');
    expect(device.has(`${sudoFile}.new`)).toBe(false);
  });

  test('is gone without a trace after a factory reset, also one that was cut off anywhere', async () => {
    const { device: untouched } = make();
    const cuts = await atEveryCut(
      () => make().device,
      async (device, cutAt) => {
        await run(device, both);
        await run(device, { ...both, name: 'berta' });
        await device.undo(step, cutAt);
        expect(device.snapshot()).toEqual(untouched.snapshot());
      },
      async (device) => {
        await device.undo(step);
        expect(device.snapshot()).toEqual(untouched.snapshot());
      },
    );
    expect(cuts).toBeGreaterThan(6);
  });
});
