import type { DeviceLook } from '../device/door.ts';

interface Mount {
  readonly point: string;
  /** Number of the disk: `8:1`. */
  readonly disk: string;
}

/**
 * True if a folder of the device lies on another disk than the system. The folder of a disk that is not plugged in does not,
 * and neither does one that a service sees through a mount of its own sandbox.
 */
export function isOnOwnDisk(device: Pick<DeviceLook, 'read'>, folder: string): boolean {
  const mounts = (device.read('/proc/self/mountinfo') ?? '').split('\n').flatMap(parseMount);
  const diskOf = (path: string) => findMount(mounts, path)?.disk;
  const disk = diskOf(folder);
  return disk !== undefined && disk !== diskOf('/');
}

/** `40 22 8:1 / /srv/disk rw - ext4 /dev/sda1 rw` */
function parseMount(line: string): readonly Mount[] {
  const [, , disk, , point] = line.split(' ');
  return disk === undefined || point === undefined ? [] : [{ disk, point: decoded(point) }];
}

/** The innermost one; of two at the same place the later one, which covers the other. */
function findMount(mounts: readonly Mount[], path: string): Mount | undefined {
  return mounts
    .filter(({ point }) => point === '/' || path === point || path.startsWith(`${point}/`))
    .reduce<Mount | undefined>(
      (best, one) => (best !== undefined && best.point.length > one.point.length ? best : one),
      undefined,
    );
}

/** The kernel writes a space as \040. */
function decoded(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_all, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
