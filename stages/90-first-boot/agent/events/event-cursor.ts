import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import type { SetupEvent } from '../door/protocol.ts';
import { parseEvent } from './parse-event.ts';

/** A place in an event log that moves forward. */
export interface EventCursor {
  /**
   * The events that came since the last call, lines that are not whole yet left out. After a factory reset another
   * file is there: then its events come from id 1.
   */
  readonly next: () => readonly SetupEvent[];
  readonly close: () => void;
}

const newline = 0x0a;

/** Opens a log, which need not be there yet, to read the events with an id above `after`. */
export function openEventCursor(path: string, after: number): EventCursor {
  let file: OpenLog | undefined;
  let lastId = after;
  const close = () => {
    if (file !== undefined) closeSync(file.handle);
    file = undefined;
  };
  const take = () => {
    file ??= openLog(path);
    const events = file === undefined ? [] : readLines(file).flatMap((line) => parseEvent(line) ?? []);
    const fresh = events.filter((event) => {
      const isNew = event.id > lastId;
      if (isNew) lastId = event.id;
      return isNew;
    });
    return fresh;
  };
  const next = () => {
    const events = take();
    if (file === undefined || !isReplaced(path, file)) return events;
    close();
    lastId = 0;
    return [...events, ...take()];
  };
  return { next, close };
}

interface OpenLog {
  readonly handle: number;
  /** Bytes read so far. */
  offset: number;
  /** The begin of a line whose end is not there yet. */
  rest: Buffer;
}

function openLog(path: string): OpenLog | undefined {
  try {
    return { handle: openSync(path, 'r'), offset: 0, rest: Buffer.alloc(0) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function readLines(file: OpenLog): readonly string[] {
  const sizeBytes = fstatSync(file.handle).size - file.offset;
  if (sizeBytes <= 0) return [];
  const fresh = Buffer.alloc(sizeBytes);
  const readBytes = readSync(file.handle, fresh, 0, sizeBytes, file.offset);
  file.offset += readBytes;
  const bytes = Buffer.concat([file.rest, fresh.subarray(0, readBytes)]);
  const end = bytes.lastIndexOf(newline) + 1;
  file.rest = bytes.subarray(end);
  return bytes.subarray(0, end).toString('utf8').split('\n');
}

/** The open file keeps its inode number from being used again, so another number is another file. */
function isReplaced(path: string, file: OpenLog): boolean {
  const open = fstatSync(file.handle);
  if (open.nlink === 0 || open.size < file.offset) return true;
  const named = statOf(path);
  return named !== undefined && (named.ino !== open.ino || named.dev !== open.dev);
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
