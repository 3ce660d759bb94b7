import { statSync } from 'node:fs';
import type { DeviceLook } from '../../90-first-boot/agent/device/door.ts';

/** A disk that is mounted below /srv and can hold the cluster's data. */
export interface DataDisk {
  /** Where it is mounted: `/srv/ssd`. */
  readonly place: string;
  readonly model: string;
  readonly sizeBytes: number;
}

/** What the kernel's file systems for containers need below them. */
const usable = new Set(['ext4', 'xfs']);
const place = /^\/srv\/[A-Za-z0-9_][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/;

/** The disks to choose from: mounted below /srv, writable, and not a shared folder that others may rename things in. */
export async function dataDisks(device: DeviceLook): Promise<readonly DataDisk[]> {
  const list = await device.run(
    'lsblk',
    ['--json', '--list', '--bytes', '--output', 'FSTYPE,MODEL,MOUNTPOINTS,RO,SIZE'],
    { timeoutMs: 5_000 },
  );
  return list.exitCode === 0 ? disksIn(list.stdout).filter((disk) => isOnlyRoots(device, disk.place)) : [];
}

function disksIn(json: string): readonly DataDisk[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return [];
  }
  const devices = (value as { readonly blockdevices?: unknown } | null)?.blockdevices;
  if (!Array.isArray(devices)) return [];
  return (devices as readonly Readonly<Record<string, unknown>>[]).flatMap((one) => {
    const { fstype, model, mountpoints, ro, size } = one;
    if (typeof fstype !== 'string' || !usable.has(fstype) || ro === true || !Array.isArray(mountpoints))
      return [];
    return (mountpoints as readonly unknown[])
      .filter((path) => typeof path === 'string' && place.test(path))
      .map((path) => ({
        place: String(path),
        model: typeof model === 'string' ? model.trim() : '',
        sizeBytes: Number(size),
      }));
  });
}

function isOnlyRoots(device: DeviceLook, path: string): boolean {
  try {
    const folder = statSync(device.path(path));
    return folder.isDirectory() && folder.uid === 0 && (folder.mode & 0o022) === 0;
  } catch {
    return false;
  }
}
