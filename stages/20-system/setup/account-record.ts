import type { StepTask } from '../../90-first-boot/agent/device/door.ts';

/** What the step made, so that it can go on after a power cut, and a factory reset takes back exactly this. */
export interface AccountRecord {
  readonly accounts: readonly MadeAccount[];
  /** Keys that the setup put in authorized_keys; others are the owner's own. */
  readonly keys: readonly string[];
  /** SSH was off in the image and the setup switched it on. */
  readonly switchedSshOn: boolean;
}

export interface MadeAccount {
  readonly name: string;
  /** `making`: useradd may have been cut off in the middle. `retired`: locked, its files are kept. */
  readonly state: 'making' | 'made' | 'retired';
}

export const recordFile = '/var/lib/hearth/administrator.json';

/** Reads what was made so far. */
export function readRecord(task: StepTask): AccountRecord {
  const text = task.read(recordFile);
  const empty: AccountRecord = { accounts: [], keys: [], switchedSshOn: false };
  return text === undefined ? empty : { ...empty, ...(JSON.parse(text) as Partial<AccountRecord>) };
}

/** Keeps what was made; it is on the disk when this returns. */
export function writeRecord(task: StepTask, record: AccountRecord): void {
  const text = `${JSON.stringify(record)}\n`;
  if (task.read(recordFile) !== text) task.write(recordFile, text, 0o600);
}

/** The record with one account in another state; added if it is new. */
export function withAccount(record: AccountRecord, account: MadeAccount): AccountRecord {
  const others = record.accounts.filter((one) => one.name !== account.name);
  return { ...record, accounts: [...others, account] };
}
