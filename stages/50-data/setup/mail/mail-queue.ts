import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { DeviceLook } from '../../../90-first-boot/agent/device/door.ts';

/** What waits to be sent. */
export interface MailQueue {
  readonly count: number;
  /** For how long the oldest has been waiting, in milliseconds. */
  readonly oldestMs: number;
  /** What the server said to the last one that was tried, or why it was not reached. English. */
  readonly reason?: string;
}

const spool = '/var/spool/postfix';
const folders = ['incoming', 'active', 'deferred', 'maildrop', 'hold'];

/** Looks into Postfix's queue. Starts no program. */
export function readQueue({ path }: Pick<DeviceLook, 'path'>, nowMs: number): MailQueue {
  const waiting = folders.flatMap((folder) => filesBelow(path(`${spool}/${folder}`), 2));
  const [newest] = filesBelow(path(`${spool}/defer`), 2).sort((a, b) => changedMs(b) - changedMs(a));
  const reason = newest === undefined ? undefined : reasonIn(textOf(newest));
  return {
    count: waiting.length,
    oldestMs: nowMs - arrivedMs(waiting, nowMs),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** The last reason in one of Postfix's files about deferred mail. */
export function reasonIn(text: string): string | undefined {
  const reasons = [...text.matchAll(/^reason=(.*)$/gm)].map(([, reason = '']) => reason);
  return reasons
    .at(-1)
    ?.replaceAll(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, 300);
}

/** When the oldest came in. Not by the time of the last change: Postfix notes there when it will try again. */
function arrivedMs(files: readonly string[], nowMs: number): number {
  return Math.min(nowMs, ...files.map((file) => statOf(file)?.birthtimeMs || nowMs));
}

function changedMs(file: string): number {
  return statOf(file)?.mtimeMs ?? 0;
}

function statOf(file: string) {
  try {
    return statSync(file);
  } catch {
    // Sent in the meantime.
    return undefined;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Plain files, at most so many folders deep; links are not followed. */
function filesBelow(folder: string, depth: number): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const place = `${folder}/${entry.name}`;
      if (entry.isDirectory() && depth > 0) return filesBelow(place, depth - 1);
      return entry.isFile() ? [place] : [];
    });
  } catch {
    return [];
  }
}
