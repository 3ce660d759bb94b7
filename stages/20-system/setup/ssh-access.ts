import type { StepTask } from '../../90-first-boot/agent/device/door.ts';
import { type AccountRecord, writeRecord } from './account-record.ts';
import { sshKeyLines } from './ssh-keys.ts';

/** Sorts before hearth.conf of the image; sshd takes the first word it reads. */
export const draft = '/var/lib/hearth/authorized_keys.new';
const configFile = '/etc/ssh/sshd_config.d/hearth-setup.conf';

export interface SshWish {
  readonly name: string;
  readonly keys: readonly string[];
  /** A password opens SSH too. */
  readonly withPassword: boolean;
}

/** Puts the keys where SSH looks for them, and switches SSH on if anybody could come in by it. */
export async function giveSshAccess(
  task: StepTask,
  record: AccountRecord,
  wish: SshWish,
): Promise<AccountRecord> {
  let now = await placeKeys(task, record, wish);
  const config = `PasswordAuthentication ${wish.withPassword ? 'yes' : 'no'}\n`;
  if (task.read(configFile) !== config) task.write(configFile, config, 0o644);
  const isOn = (await task.run('systemctl', ['is-enabled', 'ssh.service'])).exitCode === 0;
  if (wish.keys.length > 0 || wish.withPassword) {
    // Noted first: a reset after a power cut switches it off again.
    if (!isOn) now = { ...now, switchedSshOn: true };
    writeRecord(task, now);
    await task.must('systemctl', ['--quiet', 'enable', 'ssh.service']);
    // Not waiting: early at boot SSH waits for its host keys, and perhaps for us.
    await task.must('systemctl', ['--no-block', 'restart', 'ssh.service']);
    return now;
  }
  if (now.switchedSshOn) return await switchSshOff(task, now);
  if (isOn) await task.run('systemctl', ['--no-block', 'try-restart', 'ssh.service']);
  return now;
}

/** Takes back what `giveSshAccess` did to SSH itself; the keys go with the account. */
export async function takeSshAccess(task: StepTask, record: AccountRecord): Promise<void> {
  task.remove(configFile);
  if (record.switchedSshOn) await switchSshOff(task, record);
  else await task.run('systemctl', ['--no-block', 'try-restart', 'ssh.service']);
}

async function switchSshOff(task: StepTask, record: AccountRecord): Promise<AccountRecord> {
  await task.must('systemctl', ['--quiet', 'disable', 'ssh.service']);
  await task.must('systemctl', ['--no-block', 'stop', 'ssh.service']);
  const now = { ...record, switchedSshOn: false };
  writeRecord(task, now);
  return now;
}

async function placeKeys(task: StepTask, record: AccountRecord, wish: SshWish): Promise<AccountRecord> {
  const home = `/home/${wish.name}`;
  const there = sshKeyLines(task.read(`${home}/.ssh/authorized_keys`) ?? '');
  const own = there.filter((key) => !record.keys.includes(key) && !wish.keys.includes(key));
  const text = [...wish.keys, ...own].map((key) => `${key}\n`).join('');
  // The old and the new ones until the file is in place: whatever of them is in it after a power cut is ours.
  let now: AccountRecord = { ...record, keys: [...new Set([...record.keys, ...wish.keys])] };
  writeRecord(task, now);
  if (text !== there.map((key) => `${key}\n`).join('')) await writeKeys(task, wish.name, text);
  task.remove(draft);
  now = { ...now, keys: wish.keys };
  writeRecord(task, now);
  return now;
}

async function writeKeys(task: StepTask, name: string, text: string): Promise<void> {
  const folder = `/home/${name}/.ssh`;
  task.write(draft, text, 0o600);
  const owner = ['-o', name, '-g', name];
  await task.must('install', ['-d', '-m', '700', ...owner, folder]);
  await task.must('install', ['-T', '-m', '600', ...owner, draft, `${folder}/authorized_keys.new`]);
  await task.must('sync', [`${folder}/authorized_keys.new`]);
  await task.must('mv', ['-fT', `${folder}/authorized_keys.new`, `${folder}/authorized_keys`]);
}
