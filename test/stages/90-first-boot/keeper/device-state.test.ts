import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { lookAt } from '../../../../stages/90-first-boot/agent/device/look.ts';
import { readDisks } from '../../../../stages/90-first-boot/agent/keeper/disks.ts';
import { openUpdateLook } from '../../../../stages/90-first-boot/agent/keeper/updates.ts';
import { putFile, putProgram } from './fake-keeper.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hearth-device-state-'));
  mkdirSync(join(root, 'srv'));
  return () => rmSync(root, { recursive: true, force: true });
});

describe('readDisks', () => {
  /** Says in /sys that the root folder is on the second partition of a card. */
  function putCard(files: Readonly<Record<string, string>>): void {
    const { dev } = statSync(root, { bigint: true });
    const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
    const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn & 0xffffffffn);
    const disk = join(root, 'sys/devices/mmc0/block/mmcblk0');
    mkdirSync(join(disk, 'mmcblk0p2'), { recursive: true });
    mkdirSync(join(root, 'sys/dev/block'), { recursive: true });
    symlinkSync(join(disk, 'mmcblk0p2'), join(root, `sys/dev/block/${major}:${minor}`));
    for (const [path, text] of Object.entries(files)) putFile(join(root, path), text);
  }

  it('names each file system once', () => {
    const [disk, ...others] = readDisks(lookAt(root));

    expect(others).toEqual([]);
    expect(disk?.name).toMatchObject({ en: 'System disk' });
    expect(disk?.freeBytes).toBeLessThanOrEqual(disk?.sizeBytes ?? 0);
    expect(disk).not.toHaveProperty('health');
  });

  const errors = 'sys/fs/ext4/mmcblk0p2/errors_count';
  const wear = 'sys/devices/mmc0/block/mmcblk0/device/life_time';
  const reserve = 'sys/devices/mmc0/block/mmcblk0/device/pre_eol_info';

  it.each([
    ['no errors', { [errors]: '0\n' }, 'good'],
    ['errors', { [errors]: '3\n', [wear]: '0x01 0x01\n' }, 'bad'],
    ['little wear', { [wear]: '0x01 0x02\n', [reserve]: '0x01\n' }, 'good'],
    ['much wear', { [wear]: '0x02 0x0a\n', [reserve]: '0x01\n' }, 'warning'],
    ['too much wear', { [wear]: '0x0b 0x01\n', [reserve]: '0x01\n' }, 'bad'],
    ['a reserve that is used up', { [wear]: '0x00 0x00\n', [reserve]: '0x03\n' }, 'bad'],
    ['nothing', { [wear]: '0x00 0x00\n', [reserve]: '0x00\n' }, undefined],
  ])('tells what the kernel says of a card: %s', (_what, files, state) => {
    putCard(files);
    const [disk] = readDisks(lookAt(root));

    expect(disk?.name).toMatchObject({ en: 'Memory card' });
    expect(disk?.health?.state).toBe(state);
    if (state !== 'good' && state !== undefined) expect(disk?.health?.todo).toBeDefined();
  });
});

describe('openUpdateLook', () => {
  it('knows nothing on a device that never looked', async () => {
    expect(await openUpdateLook({ look: lookAt(root) })()).toEqual({ needsRestart: false });
  });

  it('counts by a dry run, and again only when something changed', async () => {
    putProgram(
      root,
      'apt-get',
      'echo "$*" >> "$0.calls"; printf "Inst a [1] (2)\\nInst b [1] (2)\\nConf a\\n"',
    );
    const stamp = join(root, 'var/lib/apt/periodic/update-stamp');
    putFile(stamp, '');
    putFile(join(root, 'var/run/reboot-required'), '');
    utimesSync(stamp, 1_700_000_000, 1_700_000_000);
    const look = openUpdateLook({ look: lookAt(root) });

    const expected = { waiting: 2, lastLook: '2023-11-14T22:13:20.000Z', needsRestart: true };
    expect(await look()).toEqual(expected);
    expect(await look()).toEqual(expected);
    const calls = () => lookAt(root).read('/usr/bin/apt-get.calls');
    expect(calls()).toBe('--simulate --quiet dist-upgrade\n');

    utimesSync(stamp, 1_700_000_001, 1_700_000_001);
    await look();
    expect(calls()?.trimEnd().split('\n')).toHaveLength(2);
  });
});
