import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { SetupEvent } from '../door/protocol.ts';
import { syncFolder } from '../files/durable-folder.ts';
import { readEvents } from './read-events.ts';

/** An event before the log gives it its number and time. */
export type NewEvent = WithoutStamp<SetupEvent>;
type WithoutStamp<Event> = Event extends SetupEvent ? Omit<Event, 'id' | 'time'> : never;

/** The event log, open for its only writer. */
export interface EventLog {
  /** What was there when it was opened. */
  readonly earlier: readonly SetupEvent[];
  /**
   * Adds an event. It is on the disk when this returns, unless it is a stepProgress: one that is lost costs nothing, and
   * syncing each wears out the card. Throws when the disk is full; the log is as before then.
   */
  readonly append: (event: NewEvent, isSynced?: boolean) => SetupEvent;
  readonly close: () => void;
}

/**
 * Opens the log for writing, and makes it with mode 0600 if it is not there. A last line that a power cut tore off is
 * ended: readers pass over it, and the next event gets the number that it would have had.
 */
export function openEventLog(path: string, now: () => Date = () => new Date()): EventLog {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
  const handle = openSync(path, flags, 0o600);
  if (endsTorn(handle)) writeLine(handle, '\n');
  fsyncSync(handle);
  syncFolder(dirname(path));
  const earlier = readEvents(path);
  let lastId = earlier.at(-1)?.id ?? 0;
  return {
    earlier,
    append: (event, isSynced = event.type !== 'stepProgress') => {
      const { run, ...rest } = event;
      const whole = { id: lastId + 1, time: now().toISOString(), run, ...rest } as SetupEvent;
      writeLine(handle, `${JSON.stringify(whole)}\n`);
      lastId = whole.id;
      if (isSynced) fsyncSync(handle);
      return whole;
    },
    close: () => closeSync(handle),
  };
}

function endsTorn(handle: number): boolean {
  const { size } = fstatSync(handle);
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  readSync(handle, last, 0, 1, size - 1);
  return last.toString('latin1') !== '\n';
}

function writeLine(handle: number, line: string): void {
  const bytes = Buffer.from(line);
  const before = fstatSync(handle).size;
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
  } catch (error) {
    ftruncateSync(handle, before);
    throw error;
  }
}
