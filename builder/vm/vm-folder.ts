import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';

const prefix = 'hearth-vm-';
/** Linux takes 107 bytes for the path of a unix socket; the longest name in the folder is 8. */
const longestFolder = 98;

/** A new folder for one virtual machine. Folders of processes that were killed are removed on the way. */
export async function makeVmFolder(): Promise<string> {
  const parent = tmpdir().length + prefix.length + 20 > longestFolder ? '/tmp' : tmpdir();
  await sweep(parent);
  return await mkdtemp(`${parent}/${prefix}${process.pid}-`);
}

/** The process that made a folder of this name; undefined for any other name. */
export function folderOwner(name: string): number | undefined {
  const owner = new RegExp(`^${prefix}(\\d+)-\\w{6}$`).exec(name)?.[1];
  return owner === undefined ? undefined : Number(owner);
}

async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const owner = folderOwner(name);
    if (owner === undefined || isRunning(owner)) continue;
    // Another user's folder can not be removed, which is right.
    await rm(`${parent}/${name}`, { recursive: true, force: true }).catch(() => {});
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
