import { devicePaths } from '../device/paths.ts';
import type { SetupStep } from '../setup/define.ts';
import { answersPart } from './manifest.ts';
import { openTarget } from './open-target.ts';
import { placeOf } from './place-fields.ts';
import { findBackup } from './read.ts';
import { fetchBackup } from './restore.ts';
import { restoreTopic, withKeyFile } from './restore-topic.ts';

const note = '/var/lib/hearth/backup/restored';
const keyFile = '/var/lib/hearth/backup/key';

/**
 * Fetches the backup that a fresh device begins with, before the steps that take it over. Once: a backup must never come
 * over what was done since. Not optional: without it the others would begin anew, and could not take it over later.
 */
export const restoreStep: SetupStep = {
  id: 'backup.restore',
  order: 147,
  title: { en: 'Fetching the backup', de: 'Sicherung wird geholt' },
  uses: [restoreTopic.id],
  seconds: 600,
  run: async (task) => {
    const values = task.answers(restoreTopic.id);
    if (values === undefined) return;
    const target = openTarget(task, placeOf(values));
    const wanted = { name: values['backup'] || undefined };
    if (task.read(note)?.trim() === wanted.name && wanted.name !== undefined) return;
    const backup = await findBackup({ target, task }, wanted);
    if (task.read(note)?.trim() === backup.name) return;
    const paths = devicePaths(task.path('/'));
    await withKeyFile(task, values, async (file) => {
      await fetchBackup({ target, task, paths }, backup, {
        keyFile: file,
        onBytes: (readBytes) => task.progress(Math.min(0.99, readBytes / Math.max(1, backup.sizeBytes))),
      });
    });
    // They were filled in when the owner chose the backup; there are passwords in them.
    task.remove(`/var/lib/hearth/restore/${answersPart}`);
    const key = values['recoveryKey']?.trim() ?? '';
    // The backups of before stay readable here, and the owner's note stays right.
    if (key !== '' && task.read(keyFile) === undefined) task.write(keyFile, `${key}\n`, 0o600);
    task.write(note, `${backup.name}\n`, 0o600);
  },
};
