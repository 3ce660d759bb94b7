import { statSync } from 'node:fs';
import type { DeviceLook } from './door.ts';

/** True if the folder is there, belongs to the group, and its members may do everything in it. */
export function isFolderOfGroup(device: DeviceLook, path: string, group: string): boolean {
  const [, id] = new RegExp(`^${group}:[^:]*:(\\d+):`, 'm').exec(device.read('/etc/group') ?? '') ?? [];
  try {
    const folder = statSync(device.path(path));
    return folder.isDirectory() && (folder.mode & 0o070) === 0o070 && folder.gid === Number(id);
  } catch {
    return false;
  }
}
