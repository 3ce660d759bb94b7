import {
  constants,
  createReadStream,
  existsSync,
  lstatSync,
  promises,
  readdirSync,
  statfsSync,
} from 'node:fs';
import { join } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import type { DeviceLook } from '../device/door.ts';
import { makeFolders, removeDurably, syncFolder } from '../files/durable-folder.ts';
import { isOnOwnDisk } from './mounts.ts';
import { parseBackupName } from './names.ts';
import { type BackupTarget, newestFirst } from './target.ts';
import { fullPlace, noDisk } from './trouble.ts';

/** What is being written has an ending that is no backup's. */
const draftEnding = '.part';
/** A disk that is full to the last byte can not even keep its folder in order. */
const reserveBytes = 32 * 1024 * 1024;

/**
 * Backups in a folder on a disk of its own. A disk that is not there is told: the folder below its mount point would be
 * on the card that the backup is for.
 */
export function folderTarget(device: DeviceLook, folder: string): BackupTarget {
  const place = device.path(folder);
  const refuseWithoutDisk = () => {
    if (!isOnOwnDisk(device, folder)) throw noDisk(folder);
  };
  // Whoever only looks may write nothing: the keeper.
  const namesThere = () => {
    refuseWithoutDisk();
    return existsSync(place) ? readdirSync(place) : [];
  };
  const makePlace = () => {
    refuseWithoutDisk();
    makeFolders(place, 0o700);
  };
  const remove = async (name: string) => {
    refuseWithoutDisk();
    removeDurably(join(place, name));
  };
  return {
    list: async () =>
      namesThere()
        .flatMap((name) => parseBackupName(name) ?? [])
        .flatMap((one) => {
          const { size } = lstatSync(join(place, one.name));
          return { ...one, sizeBytes: size };
        })
        .sort(newestFirst),
    store: async (name, source, signal) => {
      makePlace();
      const draft = join(place, `${name}${draftEnding}`);
      await promises.rm(draft, { force: true });
      try {
        await writeWhole(draft, source, signal);
      } catch (error) {
        removeDurably(draft);
        if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw fullPlace(folder);
        throw error;
      }
      await promises.rename(draft, join(place, name));
      syncFolder(place);
    },
    open: async (name) => {
      refuseWithoutDisk();
      return createReadStream(join(place, name));
    },
    remove,
    clean: async (host) => {
      const left = namesThere().filter(
        (name) =>
          name.endsWith(draftEnding) && parseBackupName(name.slice(0, -draftEnding.length))?.host === host,
      );
      for (const name of left) await remove(name);
    },
    refuseNoRoom: async (neededBytes) => {
      makePlace();
      const { bavail, bsize } = statfsSync(place);
      const freeBytes = bavail * bsize;
      if (freeBytes < neededBytes + reserveBytes)
        throw fullPlace(folder, { neededBytes: neededBytes + reserveBytes, freeBytes });
    },
  };
}

async function writeWhole(path: string, source: Readable, signal: AbortSignal): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await promises.open(path, flags, 0o600);
  try {
    for await (const piece of addAbortSignal(signal, source) as AsyncIterable<Buffer>)
      await handle.writeFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
