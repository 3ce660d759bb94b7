import { StepFailure, type StepTask } from '../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../90-first-boot/agent/setup/define.ts';
import { giveAccount, readRecords, takeAccount } from './samba-account.ts';
import { configFile, withShareName } from './smb-config.ts';

/** What smb.conf of the image was before the owner named the share. */
const imageConfig = '/var/lib/hearth/samba-image.conf';
const draft = '/var/lib/hearth/samba-new.conf';

/** Lets the owner into the shared folder. */
export const sambaStep: SetupStep = {
  id: 'samba.user',
  order: 100,
  title: { en: 'Setting up the shared folder', de: 'Gemeinsamen Ordner einrichten' },
  uses: ['samba', 'administrator'],
  seconds: 5,
  isOptional: true,
  run: async (task) => {
    const { user, password, share = '' } = task.answers('samba') ?? {};
    if (user !== undefined && password !== undefined) {
      await giveAccount(task, user, task.answers('administrator')?.['name']);
      // Twice, as for a person. By standard input: arguments are seen by every user.
      await task.must('smbpasswd', ['-s', '-a', user], { input: `${password}\n${password}\n` });
      await task.must('smbpasswd', ['-e', user]);
      task.progress(0.6);
    }
    // The new one gets in before the old one is shut out. Skipped now: nobody does.
    for (const record of readRecords(task)) if (record.user !== user) await takeAccount(task, record);
    if (share !== '') await nameShare(task, share);
    await task.run('systemctl', ['--no-block', 'try-reload-or-restart', 'smbd.service']);
    await task.must('sync');
  },
  undo: async (task) => {
    for (const record of readRecords(task)) await takeAccount(task, record);
    task.remove(draft);
    const original = task.read(imageConfig);
    if (original !== undefined) task.write(configFile, original, 0o644);
    await task.run('systemctl', ['--no-block', 'try-reload-or-restart', 'smbd.service']);
    await task.must('sync');
    task.remove(imageConfig);
  },
};

/** The shared folder is listed under the name of the device: a new name needs a new announcement. */
export const announceStep: SetupStep = {
  id: 'samba.announce',
  order: 101,
  title: { en: 'Announcing the shared folder', de: 'Gemeinsamen Ordner ankündigen' },
  uses: ['device'],
  seconds: 2,
  isOptional: true,
  run: announce,
  undo: announce,
};

async function announce(task: StepTask): Promise<void> {
  // Those that do not run yet read the name when they start.
  await task.must('systemctl', ['--no-block', 'try-restart', 'smbd.service', 'wsdd2.service']);
}

async function nameShare(task: StepTask, share: string): Promise<void> {
  const now = task.read(configFile) ?? '';
  const text = withShareName(now, share);
  if (text === now) return;
  task.write(draft, text, 0o644);
  const check = await task.run('testparm', ['-s', draft]);
  task.remove(draft);
  if (check.exitCode !== 0)
    throw new StepFailure(
      {
        en: `Samba does not accept "${share}" as the name of the folder.`,
        de: `Samba nimmt „${share}“ nicht als Namen des Ordners an.`,
      },
      { en: 'Please choose another name.', de: 'Bitte wählen Sie einen anderen Namen.' },
    );
  if (task.read(imageConfig) === undefined) task.write(imageConfig, now, 0o644);
  task.write(configFile, text, 0o644);
}
