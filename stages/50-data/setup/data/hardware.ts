import type { DeviceLook } from '../../../90-first-boot/agent/device/door.ts';
import { dataFolder } from './places.ts';

/** `card`: SD or eMMC; `disk`: with turning parts; `ssd`: the others. */
export type DiskKind = 'card' | 'disk' | 'ssd';

/** Memory of the device in MiB. */
export function memoryMebibytes(device: Pick<DeviceLook, 'read'>): number {
  const kibibytes = /^MemTotal:\s+(\d+) kB$/m.exec(device.read('/proc/meminfo') ?? '')?.[1];
  return Math.round(Number(kibibytes ?? 1_048_576) / 1_024);
}

/** What the data lies on. What nobody can tell is taken for a card: its settings are right for a slow disk, too. */
export async function diskKind(device: DeviceLook): Promise<DiskKind> {
  const source = await device.run('findmnt', ['--noheadings', '--output=SOURCE', `--target=${dataFolder}`], {
    timeoutMs: 10_000,
  });
  const place = source.stdout.trim().replace(/\[.*$/, '');
  if (!place.startsWith('/dev/') || place.startsWith('/dev/mmcblk')) return 'card';
  const turns = await device.run('lsblk', ['--noheadings', '--nodeps', '--output=ROTA', place], {
    timeoutMs: 10_000,
  });
  if (turns.exitCode !== 0) return 'card';
  return turns.stdout.trim() === '1' ? 'disk' : 'ssd';
}

/** Room for data in MiB, as the guard counts it: what others than root may take. Undefined if nobody can tell. */
export async function freeMebibytes(device: DeviceLook): Promise<number | undefined> {
  const { exitCode, stdout } = await device.run('stat', ['-f', '-c', '%a %S', dataFolder], {
    timeoutMs: 10_000,
  });
  const [blocks, size] = stdout.trim().split(' ').map(Number);
  if (exitCode !== 0 || blocks === undefined || size === undefined) return undefined;
  return Math.floor((blocks * size) / 1_048_576);
}
