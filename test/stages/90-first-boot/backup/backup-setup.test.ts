import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeTask } from '../../../../stages/90-first-boot/agent/apply/task.ts';
import { makeBackupCheck } from '../../../../stages/90-first-boot/agent/backup/backup-check.ts';
import { backupStep } from '../../../../stages/90-first-boot/agent/backup/backup-step.ts';
import { backupTopic } from '../../../../stages/90-first-boot/agent/backup/backup-topic.ts';
import { isOnOwnDisk } from '../../../../stages/90-first-boot/agent/backup/mounts.ts';
import { restoreStep } from '../../../../stages/90-first-boot/agent/backup/restore-step.ts';
import { restoreTopic } from '../../../../stages/90-first-boot/agent/backup/restore-topic.ts';
import { makeBackup } from '../../../../stages/90-first-boot/agent/backup/save.ts';
import { readBackupSettings } from '../../../../stages/90-first-boot/agent/backup/settings.ts';
import { writeBackupState } from '../../../../stages/90-first-boot/agent/backup/state.ts';
import { runCtl } from '../../../../stages/90-first-boot/agent/ctl/ctl.ts';
import { checkTopic } from '../../../../stages/90-first-boot/agent/setup/check-topic.ts';
import { collect } from '../../../../stages/90-first-boot/agent/setup/collected.ts';
import type { SetupStep, Topic, Values } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { readSetup } from '../../../../stages/90-first-boot/agent/store/setup-store.ts';
import { startObjectStore } from '../../../understudies/object-store.ts';
import { setupCode, startFakeKeeper } from '../keeper/fake-keeper.ts';
import { type BackupDevice, backupDevice, type DeviceOptions, folder } from './backup-device.ts';

const devices: BackupDevice[] = [];

afterEach(() => {
  for (const device of devices.splice(0)) device.remove();
});

function make(options: DeviceOptions = {}): BackupDevice {
  const device = backupDevice(options);
  devices.push(device);
  device.write('/etc/notes', 'note one');
  return device;
}

async function runStep(device: BackupDevice, step: SetupStep, values?: Values): Promise<string> {
  const lines: string[] = [];
  const topic = step.uses[0] ?? '';
  const task = makeTask({
    look: device.context.look,
    step,
    answers: values === undefined ? {} : { [topic]: { state: 'answered', values } },
    blacken: (text) => text,
    log: (line) => lines.push(line),
    progress: () => {},
    signal: new AbortController().signal,
  });
  await step.run(task);
  return lines.join('\n');
}

const onDisk = { where: 'folder', folder, keep: '4' };

describe('setting up the backup', () => {
  it('makes a key pair once, whose secret half is only for root and in no log', async () => {
    const device = make();
    const log = await runStep(device, backupStep, onDisk);
    const { paths } = device.context;
    const key = readFileSync(paths.backupKey, 'utf8');
    expect(key).toMatch(/^AGE-SECRET-KEY-1/);
    expect(readFileSync(paths.recoveryKey, 'utf8')).toBe(key);
    for (const file of [paths.backupKey, paths.recoveryKey, paths.backupSettings])
      expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(log).not.toContain('AGE-SECRET-KEY');
    expect(readBackupSettings(paths)).toMatchObject({ keep: 4, recipient: expect.stringMatching(/^age1/) });
    expect(device.read('/systemctl')).toContain('restart hearth-backup.timer');
    await runStep(device, backupStep, onDisk);
    expect(readFileSync(paths.backupKey, 'utf8')).toBe(key);
  });

  it('tells at once when there is no disk, and keeps the settings of before', async () => {
    const device = make();
    const before = readBackupSettings(device.context.paths);
    device.write('/proc/self/mountinfo', '');
    await expect(runStep(device, backupStep, onDisk)).rejects.toThrow('No disk of its own');
    expect(readBackupSettings(device.context.paths)).toEqual(before);
  });

  it('makes none any more when it is skipped', async () => {
    const device = make();
    await runStep(device, backupStep);
    expect(readBackupSettings(device.context.paths)).toBeUndefined();
    expect(device.read('/systemctl')).toContain('stop hearth-backup.timer');
  });

  it('encrypts what goes to an S3 store, whatever the answer is', async () => {
    const store = await startObjectStore();
    store.addBucket('attic');
    store.addKey('key', { secretKey: 'secret' });
    const device = make();
    const bucket = { endpoint: store.endpoint, bucket: 'attic', accessKey: 'key', secretKey: 'secret' };
    await runStep(device, backupStep, { where: 's3', ...bucket, encrypt: 'no' });
    expect(readBackupSettings(device.context.paths)?.recipient).toMatch(/^age1/);
    await store.close();
    await runStep(device, backupStep, { ...onDisk, encrypt: 'no' });
    expect(readBackupSettings(device.context.paths)?.recipient).toBeUndefined();
  });

  it.each([
    [{ where: 'folder', folder: '/home/x' }, 'folder'],
    [{ where: 'folder', folder: '/srv/../etc' }, 'folder'],
    [{ where: 'folder', folder }, undefined],
    [{ where: 'folder', folder, keep: '0' }, 'keep'],
    [{ where: 'smb', server: 'nas.local', share: 'a; rm b', user: 'u', password: 'p' }, 'share'],
    [{ where: 'smb', server: '-x', share: 'a', user: 'u', password: 'p' }, 'server'],
    [{ where: 'smb', server: 'nas', share: 'a', user: 'u', password: 'p', path: '../x' }, 'path'],
    [
      { where: 's3', endpoint: 'http://example.org', bucket: 'bb', accessKey: 'a', secretKey: 's' },
      'endpoint',
    ],
    [
      { where: 's3', endpoint: 'http://10.0.2.2:9000', bucket: 'bb', accessKey: 'a', secretKey: 's' },
      undefined,
    ],
  ])('checks %j', async (values, field) => {
    expect((await problemsOf(backupTopic, values))[0]?.field).toBe(field);
  });
});

async function problemsOf(topic: Topic, values: Values) {
  return await checkTopic({ topic, values, answers: {}, source: 'page' }, make().context.look);
}

describe('the disk of the backups', () => {
  it.each([
    ['a disk of its own', '22 1 179:2 / / rw - ext4 r rw\n40 22 8:1 / /srv/my\\040disk rw - ext4 s rw', true],
    ['the card', '22 1 179:2 / / rw - ext4 r rw', false],
    ['the card in a sandbox', '22 1 179:2 / / rw - ext4 r rw\n41 22 179:2 /srv /srv ro - ext4 r rw', false],
    [
      'a disk whose name begins the same',
      '22 1 179:2 / / rw - ext4 r rw\n40 22 8:1 / /srv/my rw - ext4 s rw',
      false,
    ],
  ])('is told from %s', (_what, text, isOwn) => {
    expect(isOnOwnDisk({ read: () => text }, '/srv/my disk/backup')).toBe(isOwn);
  });
});

describe('the doctor', () => {
  const at = (time: string) => makeBackupCheck(() => new Date(time));

  it('is content with a backup of yesterday, and not with one of last week', async () => {
    const device = make();
    await device.run(makeBackup);
    const { look } = device.context;
    expect((await at('2026-11-24T12:00:00Z').run(look)).state).toBe('good');
    expect((await at('2026-11-30T12:00:00Z').run(look)).state).toBe('bad');
  });

  it('says why the last one failed', async () => {
    const device = make();
    const failure = { at: '2026-11-23T03:00:00Z', why: { en: 'It is full.', de: 'Voll.' } };
    writeBackupState(device.context.paths, { failure });
    const result = await at('2026-11-23T12:00:00Z').run(device.context.look);
    expect(result).toMatchObject({ state: 'bad', meaning: { en: 'The last backup failed: It is full.' } });
  });

  it('asks for a backup only where there is something that can not be made again', async () => {
    const device = make();
    await runStep(device, backupStep);
    expect((await at('2026-11-23T12:00:00Z').run(device.context.look)).state).toBe('good');
    device.write('/var/lib/hearth/mastodon/keys.json', '{}');
    expect((await at('2026-11-23T12:00:00Z').run(device.context.look)).state).toBe('warning');
  });

  it('tells that bringing one back was cut off', async () => {
    const device = make();
    device.write('/var/lib/hearth/restore.here/backup.json', '{}');
    expect((await at('2026-11-23T12:00:00Z').run(device.context.look)).state).toBe('bad');
  });
});

describe('a fresh device', () => {
  it('looks into the backup when the topic is saved, and fills in the answers that are still open', async () => {
    const old = make({ isEncrypted: true });
    const stored = await old.run(makeBackup);
    const name: Topic = {
      id: 'name',
      order: 1,
      title: 'Name',
      short: 'Name',
      isOptional: false,
      fields: [
        { kind: 'text', name: 'hostname', label: 'Name', maxLength: 20 },
        { kind: 'secret', name: 'password', label: 'Password', maxLength: 20, isNew: true },
      ],
    };
    const keeper = await startFakeKeeper(collect([{ stage: '10-test', topics: [restoreTopic, name] }]));
    devices.push({ ...old, remove: () => void keeper.stop() });
    const { root } = keeper;
    mkdirSync(join(root, 'proc/self'), { recursive: true });
    writeFileSync(
      join(root, 'proc/self/mountinfo'),
      '22 1 179:2 / / rw - ext4 r rw\n40 22 8:1 / /srv/disk rw - ext4 /dev/sda1 rw',
    );
    cpSync(join(old.root, 'srv/disk'), join(root, 'srv/disk'), { recursive: true });
    symlinkSync('/usr/bin/age', join(root, 'usr/bin/age'));
    const admission = await keeper.door.call('claim', { address: '10.0.0.1', credential: setupCode });
    if (admission.result !== 'granted') throw new Error(admission.result);
    const { token } = admission;
    const save = async (recoveryKey: string) =>
      (
        await keeper.door.call('save', {
          token,
          topic: 'restore',
          values: { where: 'folder', folder, recoveryKey },
        })
      ).problems;
    expect(JSON.stringify(await save(`AGE-SECRET-KEY-1${'Q'.repeat(58)}`))).toContain('recovery key');
    expect(readSetup(keeper.paths).answers).toEqual({});
    expect(await save(/AGE-SECRET-KEY-1\w+/.exec(old.read('/var/lib/hearth/backup/key'))?.[0] ?? '')).toEqual(
      [],
    );
    expect(readSetup(keeper.paths).answers).toMatchObject({
      restore: { values: { backup: stored.name } },
      name: { state: 'answered', values: { hostname: 'attic', password: 'canary-9' }, from: 'page' },
    });
  });

  it('fetches it once, takes over the key, and never again comes over what was done since', async () => {
    const device = make({ isEncrypted: true });
    const stored = await device.run(makeBackup);
    const { paths } = device.context;
    const recoveryKey = /AGE-SECRET-KEY-1\w+/.exec(readFileSync(paths.backupKey, 'utf8'))?.[0] ?? '';
    rmSync(paths.backupKey);
    const values = { where: 'folder', folder, recoveryKey, backup: stored.name };
    await runStep(device, restoreStep, values);
    expect(device.read('/var/lib/hearth/restore/notes/notes.txt')).toBe('note one');
    expect(readFileSync(paths.backupKey, 'utf8').trim()).toBe(recoveryKey);
    rmSync(paths.restoreFolder, { recursive: true });
    // The old place may be gone by then.
    device.write('/proc/self/mountinfo', '');
    await runStep(device, restoreStep, values);
    expect(existsSync(paths.restoreFolder)).toBe(false);
  });
});

describe('hearthctl backup', () => {
  async function ctl(device: BackupDevice, args: string, typed?: readonly string[]) {
    const out: string[] = [];
    const err: string[] = [];
    const lines = [...(typed ?? [])];
    const exitCode = await runCtl(device.context, args.split(' '), {
      say: (line) => out.push(line),
      complain: (line) => err.push(line),
      isInteractive: typed !== undefined,
      isRoot: true,
      language: 'en',
      ask: async () => lines.shift(),
      askSecret: async () => undefined,
    });
    return { exitCode, out: out.join('\n'), err: err.join('\n') };
  }

  it('makes, lists, tries and brings back', async () => {
    const device = make();
    const { name } = JSON.parse((await ctl(device, 'backup now --json')).out);
    expect(JSON.parse((await ctl(device, 'backup list --json')).out)).toMatchObject([
      { name, host: 'attic' },
    ]);
    expect((await ctl(device, 'backup verify')).out).toContain('really restored for a trial: notes');
    device.write('/etc/notes', 'note two');
    expect((await ctl(device, `backup restore ${name}`)).exitCode).toBe(2);
    expect((await ctl(device, `backup restore ${name}`, ['cellar'])).exitCode).toBe(1);
    expect(device.read('/etc/notes')).toBe('note two');
    expect((await ctl(device, `backup restore ${name}`, ['attic'])).exitCode).toBe(0);
    expect(device.read('/etc/notes')).toBe('note one');
  });

  it('says what went wrong and what to do', async () => {
    const device = make();
    device.write('/etc/notes', 'unreadable');
    expect(await ctl(device, 'backup now')).toMatchObject({
      exitCode: 1,
      err: 'hearthctl: The notes can not be read.\nMend them.',
    });
    expect((await ctl(device, 'backup what')).exitCode).toBe(2);
    await runStep(device, backupStep);
    expect((await ctl(device, 'backup now')).exitCode).toBe(3);
  });
});
