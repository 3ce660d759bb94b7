import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SetupEvent } from '../../../../stages/90-first-boot/agent/door/protocol.ts';
import type { NewEvent } from '../../../../stages/90-first-boot/agent/events/event-log.ts';
import { foldEvents, type RunView } from '../../../../stages/90-first-boot/agent/events/fold.ts';

const started: NewEvent = {
  run: 1,
  type: 'runStarted',
  steps: [
    { id: 'a', title: 'A', seconds: 10 },
    { id: 'b', title: 'B', seconds: 30 },
  ],
};

describe('foldEvents', () => {
  it('is idle without events', () => {
    expect(foldEvents([])).toEqual({ run: 0, lastId: 0, state: 'idle', percent: 0, steps: [] });
  });

  it('weighs the steps by their seconds', () => {
    expect(percentAfter(started)).toBe(0);
    expect(percentAfter(started, progress('a', 0.5))).toBe(12);
    expect(percentAfter(started, finished('a'))).toBe(25);
    expect(percentAfter(started, finished('a'), progress('b', 0.5))).toBe(62);
  });

  it('says 100 only when the run is finished', () => {
    const all = [started, finished('a'), finished('b')];

    expect(fold(all)).toMatchObject({ percent: 99, state: 'running' });
    expect(fold([...all, { run: 1, type: 'runFinished' }])).toMatchObject({
      percent: 100,
      state: 'finished',
    });
  });

  it('tells why a step failed until it is tried again, and does not go back then', () => {
    const failed: NewEvent = {
      run: 1,
      type: 'stepFailed',
      step: 'b',
      why: 'why',
      todo: 'todo',
      isOptional: true,
    };
    const events = [started, finished('a'), progress('b', 0.5, 'note'), failed];

    expect(fold(events)).toMatchObject({ state: 'running', percent: 62 });
    events.push({ run: 1, type: 'runFailed' });
    expect(fold(events)).toMatchObject({ state: 'failed', percent: 62 });
    expect(fold(events).steps[1]).toMatchObject({
      state: 'failed',
      why: 'why',
      todo: 'todo',
      isOptional: true,
    });

    const again = fold([...events, { run: 1, type: 'goOn' }]);
    expect(again).toMatchObject({ state: 'running', percent: 62 });
    expect(again.steps[1]).toEqual({
      id: 'b',
      title: 'B',
      seconds: 30,
      state: 'waiting',
      fraction: 0.5,
      isOptional: false,
    });
    const begunAgain = fold([...events, { run: 1, type: 'goOn' }, begun('b'), progress('b', 0.1)]);
    expect(begunAgain.percent).toBe(62);
    expect(begunAgain.steps[1]?.fraction).toBe(0.5);
  });

  it('counts a skipped step as done', () => {
    const view = fold([started, { run: 1, type: 'stepSkipped', step: 'b' }]);

    expect(view.percent).toBe(75);
    expect(view.steps[1]?.state).toBe('skipped');
  });

  it('begins at nothing for another run, and after a reset', () => {
    const first = number([started, finished('a'), finished('b'), { run: 1, type: 'runFinished' }]);
    const second = { ...started, run: 2, id: 5, time: '' } as SetupEvent;

    expect(foldEvents([...first, second])).toMatchObject({ run: 2, percent: 0, state: 'running', lastId: 5 });
    expect(foldEvents(number([started]), foldEvents(first))).toMatchObject({ run: 1, percent: 0, lastId: 1 });
  });

  it('gives the same in one go as event by event, never goes back, and passes over what it knows', () => {
    fc.assert(
      fc.property(fc.array(anyEvent(), { maxLength: 30 }), (rest) => {
        const events = number([started, ...rest]);
        let view: RunView | undefined;
        let percent = 0;
        for (const event of events) {
          view = foldEvents([event], view);
          expect(view.percent).toBeGreaterThanOrEqual(percent);
          expect(Number.isInteger(view.percent) && view.percent <= 100).toBe(true);
          percent = view.percent;
        }
        expect(foldEvents(events)).toEqual(view);
        for (const known of events.slice(1)) expect(foldEvents([known], view)).toEqual(view);
      }),
    );
  });
});

function anyEvent(): fc.Arbitrary<NewEvent> {
  const step = fc.constantFrom('a', 'b', 'unknown');
  return fc.oneof(
    step.map(begun),
    step.map(finished),
    fc
      .tuple(step, fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([id, fraction]) => progress(id, fraction)),
    step.map((id): NewEvent => ({ run: 1, type: 'stepFailed', step: id, why: 'w', isOptional: false })),
    step.map((id): NewEvent => ({ run: 1, type: 'stepSkipped', step: id })),
    fc.constantFrom<NewEvent>({ run: 1, type: 'goOn' }, { run: 1, type: 'runFailed' }),
  );
}

function begun(step: string): NewEvent {
  return { run: 1, type: 'stepStarted', step };
}

function finished(step: string): NewEvent {
  return { run: 1, type: 'stepFinished', step, seconds: 1 };
}

function progress(step: string, fraction: number, note?: string): NewEvent {
  return { run: 1, type: 'stepProgress', step, fraction, ...(note === undefined ? {} : { note }) };
}

function number(events: readonly NewEvent[]): readonly SetupEvent[] {
  return events.map((event, index) => ({ ...event, id: index + 1, time: '' }) as SetupEvent);
}

function fold(events: readonly NewEvent[]): RunView {
  return foldEvents(number(events));
}

function percentAfter(...events: readonly NewEvent[]): number {
  return fold(events).percent;
}
