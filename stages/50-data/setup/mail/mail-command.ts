import type { StageCall, StageCommand } from '../../../90-first-boot/agent/setup/define.ts';
import { readQueue } from './mail-queue.ts';
import { readMailRecord } from './mail-record.ts';
import { listMails, readMailText } from './mailbox.ts';

/** `hearthctl mail`: what stays on the device, and what waits. */
export const mailCommand: StageCommand = {
  name: 'mail',
  summary: 'Mail that stays on this device, and mail that waits',
  help: `Usage: hearthctl mail [list | show MAIL | queue] [--json]

  list         mails that are kept on this device, the newest first (default)
  show MAIL    the words of one of them: its number in the list, or its id
  queue        how much mail waits for the mail provider, and why

  --json       answer as JSON

Mails are kept here when the settings of the mail say so, for 90 days.

Examples:
  hearthctl mail
  hearthctl mail show 1
  hearthctl mail queue --json`,
  run: async (call) => {
    const isJson = call.args.includes('--json');
    const words = call.args.filter((word) => word !== '--json');
    const [verb = 'list', which] = words;
    if (verb === 'list' && words.length < 2) return list(call, isJson);
    if (verb === 'show' && which !== undefined && words.length === 2) return show(call, which, isJson);
    if (verb === 'queue' && words.length === 1) return queue(call, isJson);
    call.complain('Usage: hearthctl mail [list | show MAIL | queue] [--json]');
    return 2;
  },
};

function list({ device, say, complain }: StageCall, isJson: boolean): number {
  const mails = listMails(device);
  if (isJson) {
    say(JSON.stringify(mails));
    return 0;
  }
  if (mails.length === 0) complain('No mail is kept on this device.');
  for (const [index, { receivedAt, to, subject }] of mails.entries())
    say(`${String(index + 1).padStart(3)}  ${receivedAt.replace('T', ' ').slice(0, 16)}  ${to}  ${subject}`);
  return 0;
}

function show({ device, say, complain }: StageCall, which: string, isJson: boolean): number {
  const mails = listMails(device);
  const mail = /^\d{1,5}$/.test(which) ? mails[Number(which) - 1] : mails.find(({ id }) => id === which);
  const text = mail === undefined ? undefined : readMailText(device, mail.id);
  if (mail === undefined || text === undefined) {
    complain(`There is no mail ${which}. "hearthctl mail" lists them.`);
    return 1;
  }
  if (isJson) say(JSON.stringify({ ...mail, text }));
  else {
    const { from, to, receivedAt, subject } = mail;
    say(`From: ${from}\nTo: ${to}\nReceived: ${receivedAt}\nSubject: ${subject}\n\n${text}`);
  }
  return 0;
}

function queue({ device, say, complain }: StageCall, isJson: boolean): number {
  const record = readMailRecord(device);
  if (record === undefined) {
    complain('Mail is not set up.');
    return 3;
  }
  const { count, oldestMs, reason } = readQueue(device, Date.now());
  if (isJson) {
    say(
      JSON.stringify({ waiting: count, oldestSeconds: Math.round(oldestMs / 1_000), reason: reason ?? null }),
    );
    return 0;
  }
  say(`${count} waiting${count === 0 ? '' : `, the oldest for ${Math.round(oldestMs / 60_000)} min`}`);
  if (reason !== undefined && count > 0) say(`Last reason: ${reason}`);
  return 0;
}
