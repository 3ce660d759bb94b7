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

/** What is being unpacked: no step looks there. */
function draftOf({ restoreFolder }: Pick<DevicePaths, 'restoreFolder'>): string {
  return `${restoreFolder}.draft`;
}

/**
 * Unpacks a whole backup into the restore folder. It gets its name only when every file was compared and is on the disk:
 * whoever finds it there can use it. Half of one from before is removed first.
 */
export async function fetchBackup(
  run: Pick<BackupRun, 'target' | 'task'> & { readonly paths: DevicePaths },
  backup: BackupName,
  options: { readonly keyFile: string | undefined; readonly onBytes?: (readBytes: number) => void },
): Promise<BackupHeader> {
  const { paths, task } = run;
  const draft = draftOf(paths);
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
    removeDurably(paths.restoreFolder);
    renameSync(draft, paths.restoreFolder);
    syncFolder(dirname(paths.restoreFolder));
    return header;
  } catch (error) {
    removeDurably(draft);
    throw error;
  }
}

/**
 * Puts a backup in the place of what this device has: pauses the services, has each part bring its own back, and has the
 * steps start them again, once `letApply` has let them. The answers stay as they are. Cut off anywhere, it is done again with
 * the same name. Gives the parts that were brought back.
 */
export async function restoreHere(
  run: BackupRun,
  backup: BackupName,
  letApply: () => void = () => {},
): Promise<readonly string[]> {
  const { context, task } = run;
  const { paths } = context;
  const header = await fetchBackup({ ...run, paths }, backup, { keyFile: paths.backupKey });
  const parts = context.setups.backups.filter(({ id }) => header.parts.includes(id));
  for (const part of parts.toReversed()) await part.pause?.(task);
  for (const part of parts) {
    task.signal.throwIfAborted();
    task.log(`bringing back ${part.id}`);
    makeFolders(join(paths.restoreFolder, part.id), 0o700);
    await part.restore(task, `${devicePathOf(context, paths.restoreFolder)}/${part.id}`);
  }
  const stamps = openStamps(paths);
  for (const step of parts.flatMap((part) => part.steps ?? [])) stamps.clear(step);
  removeDurably(paths.restoreFolder);
  letApply();
  await startSteps(run);
  return parts.map(({ id }) => id);
}

/** True after `restoreHere` was cut off: it has to be done again. */
export function unfinishedRestore({ restoreFolder, completeFile }: DevicePaths): boolean {
  return existsSync(completeFile) && existsSync(join(restoreFolder, noteName));
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
