import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
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
