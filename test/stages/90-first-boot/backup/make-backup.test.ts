import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { findBackup } from '../../../../stages/90-first-boot/agent/backup/read.ts';
import { fetchBackup, restoreHere } from '../../../../stages/90-first-boot/agent/backup/restore.ts';
import { makeBackup } from '../../../../stages/90-first-boot/agent/backup/save.ts';
import { readBackupState } from '../../../../stages/90-first-boot/agent/backup/state.ts';
import { verifyBackup } from '../../../../stages/90-first-boot/agent/backup/verify.ts';
import { type BackupDevice, backupDevice, type DeviceOptions, folder, makeKey } from './backup-device.ts';

const devices: BackupDevice[] = [];

afterEach(() => {
  for (const device of devices.splice(0)) device.remove();
});

function make(options: DeviceOptions = {}): BackupDevice {
  const device = backupDevice(options);
  devices.push(device);
  device.write('/etc/notes', 'note one');
  device.write('/srv/pictures/a.png', 'picture a', 0o640);
  device.write('/srv/pictures/deep/b.png', 'b'.repeat(700_000));
  return device;
}

function names(device: BackupDevice): string[] {
  const path = join(device.root, folder);
  return existsSync(path) ? readdirSync(path).sort() : [];
}

const signal = new AbortController().signal;

describe('a backup in a folder', () => {
  it('has the answers, what the parts saved and their trees, and can be unpacked with owners and modes', async () => {
    const device = make();
    const stored = await device.run(makeBackup);
    expect(stored.name).toBe('hearth-attic-20261123T040000Z.tar');
    const { paths } = device.context;
    await device.run(async (run) => await fetchBackup({ ...run, paths }, stored, { keyFile: undefined }));
    expect(device.read('/var/lib/hearth/restore/notes/notes.txt')).toBe('note one');
    expect(device.read('/var/lib/hearth/restore/notes/pictures/deep/b.png')).toBe('b'.repeat(700_000));
    expect(statSync(join(device.root, 'var/lib/hearth/restore/notes/pictures/a.png')).mode & 0o777).toBe(
      0o640,
    );
    expect(JSON.parse(device.read('/var/lib/hearth/restore/answers/answers.json'))).toMatchObject({
      name: { state: 'answered' },
    });
    expect(statSync(join(device.root, folder, stored.name)).mode & 0o777).toBe(0o600);
    expect(existsSync(paths.backupWork)).toBe(false);
    expect(readBackupState(paths).lastGood?.name).toBe(stored.name);
  });

  it('keeps as many as the owner wants, and those of other devices', async () => {
    const device = make({ keep: 2 });
    mkdirSync(join(device.root, folder), { recursive: true });
    const foreign = 'hearth-cellar-20200101T000000Z.tar';
    writeFileSync(join(device.root, folder, foreign), 'x');
    for (let count = 0; count < 3; count++) await device.run(makeBackup);
    expect(names(device)).toEqual([
      'hearth-attic-20261123T050000Z.tar',
      'hearth-attic-20261123T060000Z.tar',
      foreign,
    ]);
  });

  it('removes nothing when the new one fails, and notes why', async () => {
    const device = make({ keep: 1 });
    const first = await device.run(makeBackup);
    device.write('/etc/notes', 'unreadable');
    await expect(device.run(makeBackup)).rejects.toThrow('The notes can not be read.');
    expect(names(device)).toEqual([first.name]);
    const state = readBackupState(device.context.paths);
    expect(state.lastGood?.name).toBe(first.name);
    expect(state.failure).toMatchObject({ why: 'The notes can not be read.', todo: 'Mend them.' });
  });

  it('is refused when no disk is mounted there, and nothing is written on the card', async () => {
    const device = make();
    device.write('/proc/self/mountinfo', '22 1 179:2 / / rw - ext4 /dev/mmcblk0p2 rw');
    await expect(device.run(makeBackup)).rejects.toThrow('No disk of its own is mounted at');
    expect(existsSync(join(device.root, folder))).toBe(false);
  });

  it('is refused before anything is saved when the device has too little room', async () => {
    const device = make();
    await expect(device.run(makeBackup, { freeBytes: 1_000_000 })).rejects.toThrow('too little free room');
    expect(device.asked).toEqual([]);
  });

  it('tells the size that is needed before a byte goes to a full disk', async () => {
    const device = make();
    let neededBytes = 0;
    const target: Parameters<BackupDevice['run']>[1] = {
      target: (it) => ({
        ...it,
        refuseNoRoom: async (bytes) => {
          neededBytes = bytes;
          throw new Error('full');
        },
      }),
    };
    await expect(device.run(makeBackup, target)).rejects.toThrow('full');
    expect(neededBytes).toBeGreaterThan(700_000);
    expect(names(device)).toEqual([]);
  });

  it('does not follow links out of a tree, and goes on when a file is gone or shorter by then', async () => {
    const device = make();
    symlinkSync('/etc/passwd', join(device.root, 'srv/pictures/link'));
    const stored = await device.run(makeBackup, {
      target: (it) => ({
        ...it,
        store: async (name, source, stop) => {
          rmSync(join(device.root, 'srv/pictures/a.png'));
          truncateSync(join(device.root, 'srv/pictures/deep/b.png'), 10);
          await it.store(name, source, stop);
        },
      }),
    });
    const { backup } = await device.run(verifyBackup);
    expect(backup.name).toBe(stored.name);
    const { paths } = device.context;
    await device.run(async (run) => await fetchBackup({ ...run, paths }, stored, { keyFile: undefined }));
    expect(readdirSync(join(paths.restoreFolder, 'notes/pictures'))).not.toContain('link');
  });
});

describe('a backup that is cut off', () => {
  it('is no backup, and the next run clears it away', async () => {
    const device = make();
    const first = await device.run(makeBackup);
    const stop = new AbortController();
    const cut = device.run(makeBackup, {
      signal: stop.signal,
      target: (it) => ({
        ...it,
        store: async (name, source) => {
          const half = Readable.from(firstPiece(source));
          await it.store(name, half, stop.signal);
        },
      }),
    });
    await expect(cut).rejects.toThrow('the power is gone');
    // What a real power cut leaves: nobody could remove the half-written file, and the work folder.
    writeFileSync(join(device.root, folder, 'hearth-attic-20261123T020000Z.tar.part'), 'half');
    device.write('/var/lib/hearth/backup/work/notes/notes.txt', 'old');
    expect((await device.run(async (run) => await run.target.list(signal))).map(({ name }) => name)).toEqual([
      first.name,
    ]);
    await device.run(makeBackup);
    expect(names(device)).toHaveLength(2);
    expect(names(device).join()).not.toContain('.part');
  });

  it('leaves the half-written ones of other devices alone', async () => {
    const device = make();
    await device.run(makeBackup);
    const foreign = 'hearth-cellar-20261123T020000Z.tar.part';
    writeFileSync(join(device.root, folder, foreign), 'half');
    await device.run(makeBackup);
    expect(names(device)).toContain(foreign);
  });
});

describe('the encryption', () => {
  it('leaves no plain word in the file, and the device itself can read it', async () => {
    const device = make({ isEncrypted: true });
    const stored = await device.run(makeBackup);
    expect(stored.name).toBe('hearth-attic-20261123T040000Z.tar.age');
    const bytes = readFileSync(join(device.root, folder, stored.name));
    for (const word of ['note one', 'canary-9', 'hearth-backup.json'])
      expect(bytes.includes(word)).toBe(false);
    expect((await device.run(verifyBackup)).tried).toEqual(['notes']);
  });

  it('tells a wrong key from a damaged backup', async () => {
    const device = make({ isEncrypted: true });
    const stored = await device.run(makeBackup);
    rmSync(device.context.paths.backupKey);
    await expect(device.run(verifyBackup)).rejects.toThrow('can not be opened with this recovery key');
    makeKey(device.root);
    await expect(device.run(verifyBackup)).rejects.toThrow('can not be opened with this recovery key');
    truncateSync(join(device.root, folder, stored.name), 300_000);
    await expect(device.run(verifyBackup)).rejects.toThrow();
  });

  it('does not take a stream for whole that breaks in the middle', async () => {
    const device = make({ isEncrypted: true });
    const stored = await device.run(makeBackup);
    const path = join(device.root, folder, stored.name);
    truncateSync(path, statSync(path).size - 100);
    await expect(device.run(verifyBackup)).rejects.toThrow('damaged or not whole');
  });
});

describe('a trial', () => {
  it('compares every byte, also of the trees', async () => {
    const device = make();
    const stored = await device.run(makeBackup);
    const path = join(device.root, folder, stored.name);
    const bytes = readFileSync(path);
    const at = bytes.indexOf('picture a');
    bytes.write('Picture', at);
    writeFileSync(path, bytes);
    await expect(device.run(verifyBackup)).rejects.toThrow('notes/pictures/a.png is not as it was');
    expect(device.asked).not.toContain('verify notes');
  });

  it('refuses an archive whose end is missing', async () => {
    const device = make();
    const stored = await device.run(makeBackup);
    const path = join(device.root, folder, stored.name);
    const bytes = readFileSync(path);
    writeFileSync(
      path,
      Buffer.concat([bytes.subarray(0, bytes.lastIndexOf('manifest.json')), Buffer.alloc(0)]),
    );
    await expect(device.run(verifyBackup)).rejects.toThrow('its end is missing');
  });

  it('says what a part could not use', async () => {
    const device = make();
    device.write('/etc/notes', 'something else');
    await device.run(makeBackup);
    await expect(device.run(verifyBackup)).rejects.toThrow('These are no notes.');
    expect(existsSync(device.context.paths.backupWork)).toBe(false);
  });

  it('says that there is none', async () => {
    const device = make();
    await expect(device.run(verifyBackup)).rejects.toThrow('There is no backup there.');
    await expect(device.run(async (run) => await findBackup(run, { name: 'x' }))).rejects.toThrow('called x');
  });
});

describe('bringing a backup back on a running device', () => {
  it('pauses, restores, lets the steps run again, and clears up', async () => {
    const device = make();
    const stored = await device.run(makeBackup);
    device.write('/etc/notes', 'note two');
    device.write('/var/lib/hearth/stamps/notes.start', 'done');
    device.asked.length = 0;
    const parts = await device.run(async (run) => await restoreHere(run, stored));
    expect(parts).toEqual(['notes']);
    expect(device.asked).toEqual(['pause notes', 'restore notes']);
    expect(device.read('/etc/notes')).toBe('note one');
    expect(existsSync(join(device.root, 'var/lib/hearth/stamps/notes.start'))).toBe(false);
    expect(device.read('/systemctl')).toContain('start --no-block hearth-apply.service');
    expect(existsSync(device.context.paths.restoreFolder)).toBe(false);
  });

  it('changes nothing when the backup is damaged', async () => {
    const device = make();
    const stored = await device.run(makeBackup);
    const path = join(device.root, folder, stored.name);
    truncateSync(path, 200_000);
    device.asked.length = 0;
    await expect(device.run(async (run) => await restoreHere(run, stored))).rejects.toThrow('damaged');
    expect(device.asked).toEqual([]);
    expect(existsSync(device.context.paths.restoreFolder)).toBe(false);
    expect(existsSync(`${device.context.paths.restoreFolder}.draft`)).toBe(false);
  });
});

async function* firstPiece(source: Readable): AsyncGenerator<Buffer> {
  for await (const piece of source) {
    yield piece;
    throw new Error('the power is gone');
  }
}
