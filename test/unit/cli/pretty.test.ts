import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { buildListener } from '../../../builder/cli/render/build-listener.ts';
import { prettyListener } from '../../../builder/cli/render/pretty.ts';
import type { BuildEvent } from '../../../builder/run/events.ts';

function terminal(): NodeJS.WriteStream & PassThrough {
  return Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 }) as never;
}

/** Everything that was written, without colours and cursor movements. */
function screenOf(events: readonly BuildEvent[]): string {
  const stream = terminal();
  const { emit, close } = prettyListener(stream);
  for (const event of events) emit(event);
  close();
  return stripVTControlCharacters(String(stream.read() ?? ''));
}

function afterLast(text: string, mark: string): string {
  return text.slice(text.lastIndexOf(mark));
}

describe('prettyListener', () => {
  it('leaves one line for each finished stage, with its time and reason', () => {
    const screen = screenOf([
      {
        type: 'stageFinished',
        stage: '00-bootstrap',
        result: 'reused',
        reason: 'nothing changed',
        durationMs: 0,
      },
      { type: 'stageStarted', stage: '10-boot', reason: 'never built' },
      { type: 'stageFinished', stage: '10-boot', result: 'built', reason: 'never built', durationMs: 50_000 },
      {
        type: 'stageFinished',
        stage: '20-x',
        result: 'skipped',
        reason: 'it has a SKIP file',
        durationMs: 0,
      },
    ]);

    const lines = screen.split('\n').map((line) => line.trimEnd());
    expect(lines).toContain('= 00-bootstrap       nothing changed');
    expect(lines.find((line) => line.startsWith('✔'))).toBe('✔ 10-boot                50 s  never built');
    expect(lines).toContain('- 20-x               it has a SKIP file');
  });

  it('shows the running step', () => {
    const screen = screenOf([
      { type: 'stageStarted', stage: '10-boot', reason: 'never built' },
      { type: 'stepStarted', stage: '10-boot', step: '00-packages' },
    ]);

    expect(screen).toContain('● 10-boot 00-packages 0.0 s');
  });

  it('shows the time that is left, where it is known', () => {
    const screen = screenOf([
      { type: 'stageStarted', stage: '10-boot', reason: 'never built' },
      { type: 'stepStarted', stage: '10-boot', step: '00-packages', leftMs: 125_400 },
      { type: 'stepStarted', stage: '10-boot', step: '01-run.sh' },
    ]);

    expect(screen).toContain('● 10-boot 00-packages 0.0 s (about 2 min 05 s left)');
    expect(screen).toMatch(/● 10-boot 01-run\.sh 0\.0 s$/m);
  });

  it('counts the time that is left down, and not below a second', () => {
    vi.useFakeTimers();
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const stream = terminal();
    const { emit, close } = prettyListener(stream);
    emit({ type: 'stageStarted', stage: '10-boot', reason: 'never built' });
    emit({ type: 'stepStarted', stage: '10-boot', step: '00-packages', leftMs: 60_000 });
    stream.read();

    vi.advanceTimersByTime(20_000);
    const middle = stripVTControlCharacters(String(stream.read()));
    vi.advanceTimersByTime(60_000);
    const late = stripVTControlCharacters(String(stream.read()));
    close();

    expect(middle).toContain('20 s (about 40 s left)');
    expect(late).toContain('1 min 20 s (about 1.0 s left)');
  });

  it('shows a note below the running step until the next step', () => {
    const screen = screenOf([
      { type: 'stageStarted', stage: '10-boot', reason: 'never built' },
      { type: 'stepStarted', stage: '10-boot', step: '00-packages' },
      { type: 'note', text: 'asking the archive' },
      { type: 'stepStarted', stage: '10-boot', step: '01-run.sh' },
    ]);

    expect(screen).toMatch(/00-packages 0\.0 s\n {2}asking the archive\n/);
    expect(afterLast(screen, '01-run.sh')).not.toContain('asking the archive');
  });

  it('shows how far a download has come', () => {
    vi.useFakeTimers();
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const stream = terminal();
    const { emit, close } = prettyListener(stream);
    emit({ type: 'stageStarted', stage: '10-boot', reason: 'never built' });
    emit({
      type: 'downloading',
      progress: { doneFiles: 12, totalFiles: 340, doneBytes: 5 * 2 ** 20, totalBytes: 2 ** 30 },
    });

    vi.advanceTimersByTime(300);
    const screen = stripVTControlCharacters(String(stream.read()));
    close();

    expect(screen).toContain('  fetching: 12 of 340 files, 5 MiB of 1 GiB');
  });

  it('keeps a note that comes before the first stage', () => {
    const screen = screenOf([
      { type: 'note', text: 'every program is emulated' },
      { type: 'stageStarted', stage: '10-boot', reason: 'never built' },
    ]);

    expect(screen.split('\n')[0]).toBe('every program is emulated');
    expect(afterLast(screen, '10-boot')).not.toContain('emulated');
  });

  it('does not carry a note over to the next stage', () => {
    const screen = screenOf([
      { type: 'stageStarted', stage: '10-boot', reason: 'never built' },
      { type: 'note', text: 'asking the archive' },
      { type: 'stageFinished', stage: '10-boot', result: 'built', reason: 'x', durationMs: 1 },
      { type: 'taskStarted', task: 'image hearth.img' },
    ]);

    expect(afterLast(screen, 'image hearth.img')).not.toContain('asking the archive');
  });

  it('prints warnings above the moving part', () => {
    expect(screenOf([{ type: 'warning', text: 'little space' }])).toContain('! little space\n');
  });
});

describe('buildListener', () => {
  it('prints plain lines to what is no terminal', () => {
    const stream = new PassThrough();
    const { emit, close } = buildListener(stream as unknown as NodeJS.WriteStream);

    emit({ type: 'warning', text: 'one' });
    close();

    expect(String(stream.read())).toBe('warning: one\n');
  });
});
