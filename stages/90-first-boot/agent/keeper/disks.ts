import { realpathSync, statfsSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DeviceLook } from '../device/door.ts';
import type { StatusView } from '../door/protocol.ts';
import type { LocalText } from '../text/local-text.ts';
import { diskHealth } from './disk-health.ts';

type Disk = StatusView['disks'][number];

const places = ['/', '/boot/firmware', '/srv'] as const;
type Place = (typeof places)[number];

/** The file systems that the owner should know of, each once. */
export function readDisks(look: DeviceLook): readonly Disk[] {
  const seen = new Set<number>();
  return places.flatMap((place) => {
    const device = statSync(look.path(place), { throwIfNoEntry: false })?.dev;
    if (device === undefined || seen.has(device)) return [];
    seen.add(device);
    return [readDisk(look, place, device)];
  });
}

function readDisk(look: DeviceLook, place: Place, device: number): Disk {
  const { bsize, blocks, bfree, bavail } = statfsSync(look.path(place));
  const partition = partitionFolder(look, device);
  const health = partition === undefined ? undefined : diskHealth(look, partition);
  return {
    name: nameOf(place, partition),
    // What is kept for root counts as used: nobody else can write there.
    sizeBytes: (blocks - bfree + bavail) * bsize,
    freeBytes: bavail * bsize,
    ...(health === undefined ? {} : { health }),
  };
}

/** The folder of the partition in /sys: …/block/mmcblk0/mmcblk0p2. Undefined for what is no partition. */
function partitionFolder(look: DeviceLook, device: number): string | undefined {
  // The numbers of a device as Linux packs them in 64 bits.
  const minor = (device % 256) + (Math.floor(device / 2 ** 20) % 4096) * 256;
  const major = Math.floor(device / 256) % 4096;
  try {
    return realpathSync(join(look.path('/sys/dev/block'), `${major}:${minor}`));
  } catch {
    return undefined;
  }
}

function nameOf(place: Place, partition: string | undefined): LocalText {
  if (place === '/boot/firmware') return { en: 'Start partition', de: 'Startpartition' };
  if (place === '/srv') return { en: 'Data of the services', de: 'Daten der Dienste' };
  const disk = basename(dirname(partition ?? ''));
  return disk.startsWith('mmcblk')
    ? { en: 'Memory card', de: 'Speicherkarte' }
    : { en: 'System disk', de: 'Systemlaufwerk' };
}
