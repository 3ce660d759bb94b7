import { StepFailure, type StepTask } from '../../90-first-boot/agent/device/door.ts';

/** The user of the share, and whether its account on the device is ours to remove. */
export interface SambaRecord {
  readonly user: string;
  /** `making`: useradd may have been cut off in the middle. `shared`: somebody else's, the administrator's. */
  readonly account: 'making' | 'made' | 'shared';
}

const recordFile = '/var/lib/hearth/samba-users.json';

/** The users that the setup gave a way into the share: after a change that was cut off, more than one. */
export function readRecords(task: StepTask): readonly SambaRecord[] {
  const text = task.read(recordFile);
  return text === undefined ? [] : (JSON.parse(text) as readonly SambaRecord[]);
}

/** Makes sure that there is an account for the user, in the group of the share. */
export async function giveAccount(
  task: StepTask,
  user: string,
  administrator: string | undefined,
): Promise<void> {
  const known = readRecords(task).find((record) => record.user === user);
  const isThere = hasName(task, '/etc/passwd', user);
  if (known === undefined && isThere && user !== administrator)
    throw new StepFailure(nameInUse(user), otherName);
  const isOurs = known === undefined ? !isThere : known.account !== 'shared';
  if (isOurs && (!isThere || known?.account === 'making')) {
    keepRecord(task, { user, account: 'making' });
    if (known !== undefined) await removeAccount(task, user);
    // '*': nobody signs in on the device itself. It is no secret.
    await task.must('useradd', [
      ...['--no-create-home', '--shell', '/usr/sbin/nologin', '--groups', 'media', '--password', '*'],
      user,
    ]);
    await task.must('sync');
  } else {
    await task.must('usermod', ['--append', '--groups', 'media', user]);
  }
  keepRecord(task, { user, account: isOurs ? 'made' : 'shared' });
}

/** Takes a user's way into the share, and the account if it was made for that. */
export async function takeAccount(task: StepTask, { user, account }: SambaRecord): Promise<void> {
  const known = await task.run('pdbedit', ['-L', '-u', user]);
  if (known.exitCode === 0) await task.must('smbpasswd', ['-x', user]);
  if (account !== 'shared') await removeAccount(task, user);
  const others = readRecords(task).filter((record) => record.user !== user);
  if (others.length > 0) writeRecords(task, others);
  else task.remove(recordFile);
}

function keepRecord(task: StepTask, record: SambaRecord): void {
  const all = readRecords(task);
  const others = all.filter((one) => one.user !== record.user);
  if (JSON.stringify(all.find((one) => one.user === record.user)) !== JSON.stringify(record))
    writeRecords(task, [...others, record]);
}

function writeRecords(task: StepTask, records: readonly SambaRecord[]): void {
  task.write(recordFile, `${JSON.stringify(records)}\n`, 0o600);
}

async function removeAccount(task: StepTask, user: string): Promise<void> {
  if (hasName(task, '/etc/passwd', user)) await task.must('userdel', ['--force', user]);
  if (hasName(task, '/etc/group', user)) await task.must('groupdel', [user]);
}

function hasName(task: StepTask, file: string, name: string): boolean {
  return (task.read(file) ?? '').split('\n').some((line) => line.startsWith(`${name}:`));
}

function nameInUse(user: string) {
  return {
    en: `The device uses the name "${user}" itself.`,
    de: `Den Namen „${user}“ benutzt das Gerät selbst.`,
  };
}

const otherName = {
  en: 'Please choose another user name for the shared folder.',
  de: 'Bitte wählen Sie einen anderen Benutzernamen für den gemeinsamen Ordner.',
} as const;
