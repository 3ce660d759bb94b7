import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { DeviceLook } from '../../../90-first-boot/agent/device/door.ts';
import { headersOf, textIn } from './mail-text.ts';
import { mailboxFolder } from './postfix-text.ts';

/** A mail in the mailbox of the device. Texts of strangers: nothing in them moves the cursor of a terminal. */
export interface KeptMail {
  /** Name of its file up to the first comma or colon: stays the same. */
  readonly id: string;
  readonly to: string;
  readonly from: string;
  readonly subject: string;
  /** ISO 8601 in UTC, to the second. */
  readonly receivedAt: string;
}

const folders = ['new', 'cur'];
const maxReadBytes = 2 * 1024 * 1024;

/** All mails, the newest first. */
export function listMails(device: Pick<DeviceLook, 'path'>): readonly KeptMail[] {
  return filesOf(device)
    .flatMap((file) => {
      const text = readMail(file.place);
      return text === undefined ? [] : [describe(file, text)];
    })
    .sort((a, b) => (a.receivedAt < b.receivedAt ? 1 : -1));
}

/** The words of a mail; undefined if there is no such mail. */
export function readMailText(device: Pick<DeviceLook, 'path'>, id: string): string | undefined {
  const file = filesOf(device).find((one) => one.id === id);
  const text = file === undefined ? undefined : readMail(file.place);
  return text === undefined ? undefined : textIn(text);
}

interface MailFile {
  readonly id: string;
  readonly place: string;
}

function filesOf({ path }: Pick<DeviceLook, 'path'>): readonly MailFile[] {
  return folders.flatMap((folder) => {
    const place = path(`${mailboxFolder}/${folder}`);
    try {
      return readdirSync(place, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => ({ id: name.replace(/[,:].*$/, ''), place: `${place}/${name}` }));
    } catch {
      return [];
    }
  });
}

function readMail(place: string): string | undefined {
  try {
    // Each byte one letter: which letters they are, the mail says part by part.
    return readFileSync(place).subarray(0, maxReadBytes).toString('latin1');
  } catch {
    return undefined;
  }
}

function describe({ id, place }: MailFile, text: string): KeptMail {
  const headers = headersOf(text);
  return {
    id,
    to: headers.get('delivered-to') ?? headers.get('to') ?? '',
    from: headers.get('from') ?? '',
    subject: headers.get('subject') ?? '',
    receivedAt: `${new Date(statSync(place).mtimeMs).toISOString().slice(0, 19)}Z`,
  };
}
