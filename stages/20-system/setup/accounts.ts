import { StepFailure, type StepTask } from '../../90-first-boot/agent/device/door.ts';
import { type AccountRecord, withAccount, writeRecord } from './account-record.ts';

const wantedGroups = ['sudo', 'adm', 'systemd-journal', 'media'];

/** Makes the account, or finishes one that a power cut left half made. Every other account of that name is refused. */
export async function makeAccount(
  task: StepTask,
  record: AccountRecord,
  name: string,
): Promise<AccountRecord> {
  const known = record.accounts.find((account) => account.name === name);
  if (known === undefined && (hasUser(task, name) || hasGroup(task, name)))
    throw new StepFailure(nameInUse(name), otherName);
  let now = record;
  if (known === undefined || known.state === 'making' || !hasUser(task, name)) {
    now = withAccount(now, { name, state: 'making' });
    writeRecord(task, now);
    if (known?.state === 'making') await removeAccount(task, name);
    // '*': no password fits. It is no secret.
    await task.must('useradd', ['--create-home', '--shell', '/bin/bash', '--password', '*', name]);
    await task.must('sync');
  }
  // An account that was retired before opens again.
  await task.must('usermod', [
    ...['--append', '--groups', groupsHere(task), '--expiredate', '', '--shell', '/bin/bash'],
    name,
  ]);
  now = withAccount(now, { name, state: 'made' });
  writeRecord(task, now);
  return now;
}

/** Takes every right from an account, and keeps its files: the owner may want them. */
export async function retireAccount(
  task: StepTask,
  record: AccountRecord,
  name: string,
): Promise<AccountRecord> {
  if (hasUser(task, name)) {
    // Expired: no key opens it either. Locked: no password does.
    await task.must('usermod', [
      '--lock',
      '--expiredate',
      '1',
      '--shell',
      '/usr/sbin/nologin',
      '--groups',
      '',
      name,
    ]);
    await task.run('loginctl', ['terminate-user', name], { timeoutMs: 15_000 });
  }
  const now = withAccount(record, { name, state: 'retired' });
  writeRecord(task, now);
  return now;
}

/** Removes an account and its files, also one of which only half is there. */
export async function removeAccount(task: StepTask, name: string): Promise<void> {
  if (hasUser(task, name)) {
    await task.run('loginctl', ['terminate-user', name], { timeoutMs: 15_000 });
    const result = await task.run('userdel', ['--force', '--remove', name]);
    // 12: the home folder was not there or could not be removed; it is removed below.
    if (result.exitCode !== 0 && result.exitCode !== 12) await task.must('userdel', ['--force', name]);
  }
  if (hasGroup(task, name)) await task.must('groupdel', [name]);
  task.remove(`/home/${name}`);
}

/** Whether there is an account of that name. */
export function hasUser(task: StepTask, name: string): boolean {
  return namesIn(task, '/etc/passwd').includes(name);
}

function hasGroup(task: StepTask, name: string): boolean {
  return namesIn(task, '/etc/group').includes(name);
}

function groupsHere(task: StepTask): string {
  const groups = namesIn(task, '/etc/group');
  return wantedGroups.filter((group) => groups.includes(group)).join(',');
}

function namesIn(task: StepTask, file: string): readonly string[] {
  return (task.read(file) ?? '').split('\n').flatMap((line) => line.split(':', 1));
}

function nameInUse(name: string) {
  return {
    en: `The device uses the name "${name}" itself.`,
    de: `Den Namen „${name}“ benutzt das Gerät selbst.`,
  };
}

const otherName = {
  en: 'Please choose another name for the administrator.',
  de: 'Bitte wählen Sie einen anderen Benutzernamen.',
} as const;
