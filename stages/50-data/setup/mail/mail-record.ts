import type { DeviceLook } from '../../../90-first-boot/agent/device/door.ts';
import type { MailPlan } from './mail-plan.ts';

/** Postfix starts only when it is there. Without the password. */
export const mailFile = '/var/lib/hearth/mail.json';

/** What the doctor knows of the mail of this device. */
export interface MailRecord {
  readonly how: MailPlan['how'];
  readonly server?: string;
  readonly port?: number;
  readonly from?: string;
}

/** The record as it is kept. */
export function recordText(plan: MailPlan): string {
  const record: MailRecord =
    plan.how === 'local'
      ? { how: 'local' }
      : { how: 'relay', server: plan.server, port: plan.port, from: plan.from };
  return `${JSON.stringify(record)}\n`;
}

/** Undefined: mail is not set up. */
export function readMailRecord({ read }: Pick<DeviceLook, 'read'>): MailRecord | undefined {
  const text = read(mailFile);
  return text === undefined ? undefined : (JSON.parse(text) as MailRecord);
}
