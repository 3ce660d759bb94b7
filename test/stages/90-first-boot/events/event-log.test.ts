import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SetupEvent } from '../../../../stages/90-first-boot/agent/door/protocol.ts';
import { openEventCursor } from '../../../../stages/90-first-boot/agent/events/event-cursor.ts';
import {
  type EventLog,
  type NewEvent,
  openEventLog,
} from '../../../../stages/90-first-boot/agent/events/event-log.ts';
import { followEvents, readEvents } from '../../../../stages/90-first-boot/agent/events/read-events.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hearth-events-'));
  path = join(folder, 'events.jsonl');
  return () => rmSync(folder, { recursive: true, force: true });
});

const goOn: NewEvent = { run: 1, type: 'goOn' };
const progress: NewEvent = {
  run: 1,
  type: 'stepProgress',
  step: 'a',
  fraction: 0.5,
  note: { en: 'half', de: 'Hälfte – „½“' },
};

describe('the event log', () => {
  it('numbers the events from 1 on and keeps them for root only', () => {
    const log = openEventLog(path, () => new Date(0));
    log.append(goOn);
    log.append(progress);
    log.close();

    expect(readEvents(path)).toEqual([
      { id: 1, time: '1970-01-01T00:00:00.000Z', run: 1, type: 'goOn' },
      { id: 2, time: '1970-01-01T00:00:00.000Z', ...progress },
    ]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('goes on with the next number when it is opened again, and tells what was there', () => {
    append(goOn, progress);
    const log = openEventLog(path);

    expect(log.earlier.map((event) => event.id)).toEqual([1, 2]);
    expect(log.append(goOn).id).toBe(3);
    log.close();
  });

  it('passes over a last line that was torn off at any byte, and fills its number', () => {
    append(goOn, progress);
    const whole = readFileSync(path);
    const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
    for (let end = lastLine; end <= whole.length; end += 1) {
      writeFileSync(path, whole.subarray(0, end));
      append(goOn);

      // Only when all but the newline was there is the event whole.
      const kept = end >= whole.length - 1 ? ['goOn', 'stepProgress', 'goOn'] : ['goOn', 'goOn'];
      expect(readEvents(path).map((event) => event.type)).toEqual(kept);
      expect(readEvents(path).map((event) => event.id)).toEqual(kept.map((_type, index) => index + 1));
    }
  });

  it('leaves out what is no event', () => {
    append(goOn);
    appendFileSync(
      path,
      '\0\0\0\n{}\nnull\n[1]\n{"id":"2","run":1,"type":"goOn"}\n{"id":2,"run":1,"type":"x"}\n',
    );
    append(goOn);

    expect(readEvents(path).map((event) => event.id)).toEqual([1, 2]);
  });

  it('gives the events after a number, and none without the file', () => {
    expect(readEvents(path)).toEqual([]);
    append(goOn, goOn, goOn);

    expect(readEvents(path, 1).map((event) => event.id)).toEqual([2, 3]);
    expect(readEvents(path, 7)).toEqual([]);
  });
});

describe('openEventCursor', () => {
  it('waits for the end of a line, also when it is cut inside a letter', () => {
    append(progress);
    const whole = readFileSync(path);
    rmSync(path);
    const cursor = openEventCursor(path, 0);
    const seen: SetupEvent[] = [];
    for (const byte of whole) {
      appendFileSync(path, Buffer.of(byte));
      seen.push(...cursor.next());
    }
    cursor.close();

    expect(seen).toEqual([{ ...progress, id: 1, time: expect.any(String) }]);
  });

  it('begins with 1 again after a reset, even if the new file is longer already', () => {
    append(goOn, goOn);
    const cursor = openEventCursor(path, 0);
    expect(ids(cursor.next())).toEqual([1, 2]);
    rmSync(path);
    expect(ids(cursor.next())).toEqual([]);
    append(goOn, goOn, goOn);

    expect(ids(cursor.next())).toEqual([1, 2, 3]);
    cursor.close();
  });

  it('sees a file that took the place of the old one', () => {
    append(goOn, goOn);
    const cursor = openEventCursor(path, 0);
    expect(ids(cursor.next())).toEqual([1, 2]);
    const other = join(folder, 'other');
    const log = openEventLog(other);
    log.append(goOn);
    log.close();
    renameSync(other, path);

    expect(ids(cursor.next())).toEqual([1]);
    cursor.close();
  });
});

describe('followEvents', () => {
  it.each([
    ['told by the file system', 60_000],
    ['by looking', 5],
  ])('gives what is there, then what comes, %s, until it is ended', async (_how, pollMs) => {
    append(goOn, goOn);
    const end = new AbortController();
    const seen: number[] = [];
    for await (const event of followEvents(path, 1, { signal: end.signal, pollMs })) {
      seen.push(event.id);
      if (event.id < 5) setTimeout(() => append(goOn), 2);
      else end.abort();
    }

    expect(seen).toEqual([2, 3, 4, 5]);
  });

  it('waits for a file and a folder that are not there yet', async () => {
    const later = join(folder, 'later/events.jsonl');
    const end = new AbortController();
    const events = followEvents(later, 0, { signal: end.signal, pollMs: 5 });
    const first = events.next();
    mkdirSync(join(folder, 'later'));
    const log = openEventLog(later);
    log.append(goOn);
    log.close();

    expect((await first).value).toMatchObject({ id: 1 });
    end.abort();
    expect((await events.next()).done).toBe(true);
  });

  it('follows the new file after a reset', async () => {
    append(goOn, goOn);
    const end = new AbortController();
    const seen: number[] = [];
    for await (const event of followEvents(path, 0, { signal: end.signal, pollMs: 5 })) {
      seen.push(event.id);
      if (seen.length === 2) {
        rmSync(path);
        append(goOn);
      }
      if (seen.length === 3) end.abort();
    }

    expect(seen).toEqual([1, 2, 1]);
  });

  it('ends at once when it is ended while nothing happens', async () => {
    const end = new AbortController();
    const next = followEvents(path, 0, { signal: end.signal, pollMs: 60_000 }).next();
    end.abort();

    expect((await next).done).toBe(true);
    expect(existsSync(path)).toBe(false);
  });
});

function append(...events: readonly NewEvent[]): void {
  const log: EventLog = openEventLog(path);
  for (const event of events) log.append(event);
  log.close();
}

function ids(events: readonly SetupEvent[]): readonly number[] {
  return events.map((event) => event.id);
}
