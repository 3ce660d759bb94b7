import { constants } from 'node:fs';
import { access, readFile, statfs } from 'node:fs/promises';

/**
 * A folder in memory (tmpfs) that has so much room, where programs may run and we may write; undefined if there is
 * none. Both the file system's limit and the free memory count.
 */
export async function findMemoryFolder(neededBytes: number): Promise<string | undefined> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const memory = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const availableBytes = Number(/^MemAvailable:\s+(\d+)/m.exec(memory)?.[1] ?? 0) * 1024;
  if (availableBytes < neededBytes) return undefined;
  for (const folder of ['/dev/shm', `/run/user/${process.getuid?.() ?? 0}`, '/tmp']) {
    if (!isUsableTmpfs(mounts, folder)) continue;
    const info = await statfs(folder);
    if (info.bavail * info.bsize < neededBytes) continue;
    const isWritable = await access(folder, constants.W_OK).then(
      () => true,
      () => false,
    );
    if (isWritable) return folder;
  }
  return undefined;
}

/** Reads /proc/self/mountinfo (proc_pid_mountinfo(5)); of several mounts at one place the last counts. */
export function isUsableTmpfs(mountinfo: string, folder: string): boolean {
  const mount = mountinfo
    .split('\n')
    .map((line) => line.split(' '))
    .findLast((fields) => fields[4] === folder);
  if (!mount) return false;
  const type = mount[mount.indexOf('-') + 1];
  const options = mount[5]?.split(',') ?? [];
  return type === 'tmpfs' && !options.includes('noexec') && !options.includes('ro');
}

const fileSystems: Readonly<Record<number, string>> = {
  61267: 'ext4',
  16914836: 'tmpfs',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  2035054128: 'overlayfs',
};

/** The name of a folder's file system, or its number in statfs(2). */
export async function fileSystemOf(folder: string): Promise<string> {
  const { type } = await statfs(folder);
  return fileSystems[type] ?? `0x${type.toString(16)}`;
}
