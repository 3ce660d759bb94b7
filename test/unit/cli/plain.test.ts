import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { plainLine, plainListener, timeLeft } from '../../../builder/cli/render/plain.ts';
import type { BuildEvent } from '../../../builder/run/events.ts';

const finished = {
  type: 'stageFinished',
  stage: '30-samba',
  reason: 'nothing changed',
  durationMs: 65_000,
} as const;

describe('plainLine', () => {
  it.each<[BuildEvent, string | undefined]>([
    [{ type: 'stageStarted', stage: '30-samba', reason: 'never built' }, '[30-samba] building: never built'],
    [{ type: 'stepStarted', stage: '30-samba', step: '00-packages' }, '[30-samba] 00-packages'],
    [
      { type: 'stepStarted', stage: '30-samba', step: '00-packages', leftMs: 125_000 },
      '[30-samba] 00-packages (about 2 min 05 s left)',
    ],
    [
      { type: 'stepStarted', stage: '30-samba', step: '00-packages', leftMs: undefined },
      '[30-samba] 00-packages',
    ],
    [{ ...finished, result: 'built' }, '[30-samba] built in 1 min 05 s'],
    [{ ...finished, result: 'reused' }, '[30-samba] reused: nothing changed'],
    [
      { ...finished, result: 'skipped', reason: 'it has a SKIP file' },
      '[30-samba] skipped: it has a SKIP file',
    ],
    [{ type: 'taskFinished', task: 'tools tree', durationMs: 400 }, '[tools tree] ready (0.4 s)'],
    [
      { type: 'taskFinished', task: 'image a.img', durationMs: 400, note: 'made' },
      '[image a.img] made (0.4 s)',
    ],
    [{ type: 'warning', text: 'slow' }, 'warning: slow'],
    [{ type: 'taskStarted', task: 'tools tree' }, undefined],
    [{ type: 'output', line: 'Reading package lists...' }, undefined],
    [{ type: 'planned', actions: [] }, undefined],
    [{ type: 'note', text: 'asking the archive' }, 'asking the archive'],
    [
      { type: 'downloading', progress: { doneFiles: 1, totalFiles: 2, doneBytes: 3, totalBytes: 4 } },
      undefined,
    ],
  ])('%j', (event, line) => {
    expect(plainLine(event)).toBe(line);
  });
});

describe('timeLeft', () => {
  it.each([
    [undefined, ''],
    [65_000, ' (about 1 min 05 s left)'],
    [0, ' (about 1.0 s left)'],
    [-30_000, ' (about 1.0 s left)'],
  ])('of %s ms is %j, and never less than a second', (leftMs, text) => {
    expect(timeLeft(leftMs)).toBe(text);
  });
});

describe('plainListener', () => {
  it('writes one line for each event that has one, without control characters', () => {
    const stream = new PassThrough();
    const { emit, close } = plainListener(stream);

    emit({ type: 'output', line: 'x' });
    emit({ type: 'warning', text: 'one' });
    emit({ type: 'warning', text: 'two' });
    close();

    expect(String(stream.read())).toBe('warning: one\nwarning: two\n');
  });
});
