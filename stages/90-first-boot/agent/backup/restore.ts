import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openStamps } from '../apply/stamps.ts';
import { StepFailure } from '../device/door.ts';
import type { DevicePaths } from '../device/paths.ts';
import { makeFolders, removeDurably, syncFolder } from '../files/durable-folder.ts';
import type { BackupHeader } from './manifest.ts';
import type { BackupName } from './names.ts';
import { readBackup } from './read.ts';
import { type BackupRun, devicePathOf } from './run.ts';

/** Which backup lies in the restore folder. */
const noteName = 'backup.json';

/**
 * Where a device that is set up unpacks. No step looks there: one that did would take over what a restore that was cut off
 * has left, whenever it runs next, and all that was done since would be lost.
 */
function hereOf({ restoreFolder }: Pick<DevicePaths, 'restoreFolder'>): string {
  return `${restoreFolder}.here`;
}

/**
 * Unpacks a whole backup into the restore folder, or another one. It gets its name only when every file was compared and is on the disk:
 * whoever finds it there can use it. Half of one from before is removed first.
 */
export async function fetchBackup(
  run: Pick<BackupRun, 'target' | 'task'> & { readonly paths: DevicePaths },
  backup: BackupName,
  {
    folder = run.paths.restoreFolder,
    ...options
  }: {
    readonly keyFile: string | undefined;
    readonly folder?: string;
    readonly onBytes?: (readBytes: number) => void;
  },
): Promise<BackupHeader> {
  const { paths, task } = run;
  // What is being unpacked: nobody looks there.
  const draft = `${paths.restoreFolder}.draft`;
  removeDurably(draft);
  makeFolders(draft, 0o700);
  try {
    const header = await readBackup(run, backup, {
      folder: draft,
      isWanted: () => true,
      signal: task.signal,
      ...options,
    });
    writeFileSync(join(draft, noteName), `${JSON.stringify({ name: backup.name, ...header })}\n`, {
      mode: 0o600,
    });
    // One sync for all: thousands of small ones would take a card hours.
    await task.run('sync', ['--file-system', draft]);
    removeDurably(folder);
    renameSync(draft, folder);
    syncFolder(dirname(folder));
    return header;
  } catch (error) {
    removeDurably(draft);
    throw error;
  }
}

/**
 * Puts a backup in the place of what this device has: pauses the services, has each part bring its own back, and has the
 * steps start them again, once `letApply` has let them. The answers stay as they are. Cut off anywhere, it is done again with
 * the same name; failed before anything was replaced, what there was starts again. Gives the parts that were brought back.
 */
export async function restoreHere(
  run: BackupRun,
  backup: BackupName,
  letApply: () => void = () => {},
): Promise<readonly string[]> {
  const { context, task } = run;
  const { paths } = context;
  const folder = hereOf(paths);
  const header = await fetchBackup({ ...run, paths }, backup, { keyFile: paths.backupKey, folder });
  const parts = context.setups.backups.filter(({ id }) => header.parts.includes(id));
  const startAgain = async () => {
    const stamps = openStamps(paths);
    for (const step of parts.flatMap((part) => part.steps ?? [])) stamps.clear(step);
    removeDurably(folder);
    letApply();
    await startSteps(run);
  };
  const done: string[] = [];
  try {
    for (const part of parts.toReversed()) await part.pause?.(task);
    for (const part of parts) {
      task.signal.throwIfAborted();
      task.log(`bringing back ${part.id}`);
      makeFolders(join(folder, part.id), 0o700);
      await part.restore(task, `${devicePathOf(context, folder)}/${part.id}`);
      done.push(part.id);
    }
  } catch (error) {
    if (done.length === 0 && error instanceof StepFailure) await startAgain();
    throw error;
  }
  await startAgain();
  return done;
}

/** True after `restoreHere` was cut off: it has to be done again. */
export function unfinishedRestore(paths: DevicePaths): boolean {
  return existsSync(paths.completeFile) && existsSync(join(hereOf(paths), noteName));
}

async function startSteps({ task }: BackupRun): Promise<void> {
  const { exitCode } = await task.run('systemctl', ['start', '--no-block', 'hearth-apply.service']);
  if (exitCode !== 0)
    throw new StepFailure(
      {
        en: 'The data are back, but the services could not be started.',
        de: 'Die Daten sind zurück, aber die Dienste konnten nicht gestartet werden.',
      },
      { en: 'Restart the device.', de: 'Starten Sie das Gerät neu.' },
    );
}
