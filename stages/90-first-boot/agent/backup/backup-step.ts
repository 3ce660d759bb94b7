import { existsSync } from 'node:fs';
import type { StepTask } from '../device/door.ts';
import type { SetupStep, Values } from '../setup/define.ts';
import { backupTopic, defaultKeep } from './backup-topic.ts';
import { openTarget } from './open-target.ts';
import { placeOf } from './place-fields.ts';
import type { BackupSettings } from './settings.ts';

const folder = '/var/lib/hearth/backup';
const keyFile = `${folder}/key`;
const settingsFile = `${folder}/settings.json`;

/** Sets up the nightly backup: key pair, settings, a look at the place, timer. Skipped: none is made. */
export const backupStep: SetupStep = {
  id: 'backup.config',
  order: 260,
  title: { en: 'Setting up the backup', de: 'Sicherung wird eingerichtet' },
  uses: [backupTopic.id],
  seconds: 10,
  isOptional: true,
  run: async (task) => {
    const values = task.answers(backupTopic.id);
    if (values === undefined) {
      task.remove(settingsFile);
      await task.run('systemctl', ['stop', 'hearth-backup.timer']);
      return;
    }
    const place = placeOf(values);
    const keep = Number(values['keep'] ?? '') || defaultKeep;
    const settings: BackupSettings = isEncrypted(values)
      ? { place, keep, recipient: await recipientOf(task) }
      : { place, keep };
    // Looks first: what can't work is told now, and not in the first bad night.
    await openTarget(task, place).list(task.signal);
    task.write(settingsFile, `${JSON.stringify(settings, null, 2)}\n`, 0o600);
    await task.must('systemctl', ['restart', 'hearth-backup.timer']);
  },
  undo: async (task) => {
    task.remove(folder);
    for (const ending of ['', '.draft', '.here']) task.remove(`/var/lib/hearth/restore${ending}`);
  },
};

/** Others can read a store on the Internet, whatever its owner promises. */
function isEncrypted({ where, encrypt }: Values): boolean {
  return where === 's3' || encrypt !== 'no';
}

/** The public key of the device; makes the pair once. */
async function recipientOf(task: StepTask): Promise<string> {
  if (!existsSync(task.path(keyFile))) {
    // It prints the key: must() keeps what a program prints out of the log.
    const { stdout } = await task.must('age-keygen');
    const key = /^AGE-SECRET-KEY-1[A-Z0-9]+$/m.exec(stdout)?.[0] ?? '';
    // First: whoever has a key has been able to note it.
    task.write(`${folder}/recovery-key`, `${key}\n`, 0o600);
    task.write(keyFile, `${key}\n`, 0o600);
  }
  const { stdout } = await task.must('age-keygen', ['-y', task.path(keyFile)]);
  return stdout.trim();
}
