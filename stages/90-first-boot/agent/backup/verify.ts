import { join } from 'node:path';
import { makeFolders, removeDurably } from '../files/durable-folder.ts';
import { nameOfDevice } from '../keeper/keeper.ts';
import type { BackupHeader } from './manifest.ts';
import { findBackup, readBackup } from './read.ts';
import { type BackupRun, devicePathOf } from './run.ts';
import type { StoredBackup } from './target.ts';

export interface Verified {
  readonly backup: StoredBackup;
  readonly header: BackupHeader;
  /** Ids of the parts that were really used, into a scratch database for example. */
  readonly tried: readonly string[];
}

/**
 * Reads a backup to its end, compares every file, and has the parts use what they saved. Nothing that runs is touched.
 * Without a name: the newest of this device. Throws StepFailure with what is wrong.
 */
export async function verifyBackup(run: BackupRun, name?: string): Promise<Verified> {
  const { context, task } = run;
  const { backupWork, backupKey } = context.paths;
  removeDurably(backupWork);
  makeFolders(backupWork, 0o700);
  try {
    const backup = await findBackup(run, name === undefined ? { host: nameOfDevice(context) } : { name });
    const header = await readBackup(run, backup, {
      folder: backupWork,
      keyFile: backupKey,
      // Pictures are compared, and need no room of their own.
      isWanted: (file, { trees }) => !trees.some((tree) => file === tree || file.startsWith(`${tree}/`)),
      signal: task.signal,
    });
    const tried: string[] = [];
    for (const part of context.setups.backups) {
      if (part.verify === undefined || !header.parts.includes(part.id)) continue;
      task.signal.throwIfAborted();
      task.log(`trying ${part.id}`);
      makeFolders(join(backupWork, part.id), 0o700);
      await part.verify(task, `${devicePathOf(context, backupWork)}/${part.id}`);
      tried.push(part.id);
    }
    return { backup, header, tried };
  } finally {
    removeDurably(backupWork);
  }
}
