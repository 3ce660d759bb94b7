import type { StepTask } from '../../90-first-boot/agent/device/door.ts';
import type { SetupStep, Values } from '../../90-first-boot/agent/setup/define.ts';
import { type AccountRecord, readRecord, recordFile } from './account-record.ts';
import { makeAccount, removeAccount, retireAccount } from './accounts.ts';
import { settle } from './settle.ts';
import { draft, giveSshAccess, takeSshAccess } from './ssh-access.ts';
import { sshKeyLines } from './ssh-keys.ts';
import { giveSudo, takeSudo } from './sudo-rights.ts';

/** Makes the owner's account. */
export const administratorStep: SetupStep = {
  id: 'system.administrator',
  order: 30,
  title: { en: 'Making the administrator', de: 'Administrator anlegen' },
  uses: ['administrator'],
  seconds: 6,
  run: async (task) => {
    const values = task.answers('administrator');
    const name = values?.['name'];
    if (values === undefined || name === undefined) return;
    let record = await makeAccount(task, readRecord(task), name);
    task.progress(0.4);
    const hasPassword = await setPassword(task, name, values);
    await giveSudo(task, name, hasPassword);
    task.progress(0.6);
    record = await giveSshAccess(task, record, {
      name,
      keys: sshKeyLines(values['sshKeys'] ?? ''),
      withPassword: hasPassword && values['sshPassword'] === 'yes',
    });
    // Last: until the new one can do everything, the old one can.
    await retireOthers(task, record, name);
    await settle(task);
  },
  undo: async (task) => {
    const record = readRecord(task);
    await takeSshAccess(task, record);
    takeSudo(task);
    task.remove(draft);
    for (const { name } of record.accounts) await removeAccount(task, name);
    await settle(task);
    task.remove(recordFile);
  },
};

/** Passwords go by standard input: arguments are seen by every user. Tells whether there is one. */
async function setPassword(task: StepTask, name: string, values: Values): Promise<boolean> {
  const { password = '', passwordHash = '' } = values;
  if (password !== '') await task.must('chpasswd', [], { input: `${name}:${password}\n` });
  else if (passwordHash !== '') await task.must('chpasswd', ['-e'], { input: `${name}:${passwordHash}\n` });
  else await task.must('usermod', ['--password', '*', name]);
  return password !== '' || passwordHash !== '';
}

async function retireOthers(task: StepTask, record: AccountRecord, name: string): Promise<void> {
  let now = record;
  for (const account of record.accounts)
    if (account.name !== name && account.state !== 'retired')
      now = await retireAccount(task, now, account.name);
}
