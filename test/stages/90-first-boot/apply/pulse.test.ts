import { beforeEach, describe, expect, it } from 'vitest';
import {
  heartbeatMs,
  minGapMs,
  type Pulse,
  startPulse,
  type Timers,
} from '../../../../stages/90-first-boot/agent/apply/pulse.ts';
import type { LocalText } from '../../../../stages/90-first-boot/agent/text/local-text.ts';

interface Told {
  readonly atMs: number;
  readonly fraction: number;
  readonly note: LocalText | undefined;
}

let clock: ReturnType<typeof handClock>;
let told: Told[];
let pulse: Pulse;

beforeEach(() => {
  clock = handClock();
  told = [];
  pulse = startPulse(
    (fraction, note) => told.push({ atMs: clock.timers.nowMs(), fraction, note }),
    clock.timers,
  );
});

describe('startPulse', () => {
  it('repeats the last word whenever five seconds were silent', () => {
    expect(heartbeatMs).toBeLessThanOrEqual(5_000);
    clock.goTo(2_000);
    pulse.update(0.5, 'half');
    clock.goTo(20_000);

    expect(told.map(({ atMs }) => atMs)).toEqual([2_000, 7_000, 12_000, 17_000]);
    expect(told.at(-1)).toMatchObject({ fraction: 0.5, note: 'half' });
  });

  it('beats also when the step says nothing at all', () => {
    clock.goTo(11_000);

    expect(told).toEqual([
      { atMs: 5_000, fraction: 0, note: undefined },
      { atMs: 10_000, fraction: 0, note: undefined },
    ]);
  });

  it('tells at most once a second, and the newest in the end', () => {
    for (let ms = 0; ms <= 3_000; ms += 10) {
      clock.goTo(ms);
      pulse.update(ms / 3_000, `${ms}`);
    }
    clock.goTo(4_000);

    expect(told.map(({ atMs }) => atMs)).toEqual([0, minGapMs, 2 * minGapMs, 3 * minGapMs, 4 * minGapMs]);
    expect(told.at(-1)).toMatchObject({ fraction: 1, note: '3000' });
  });

  it.each([[0.2], [Number.NaN], [-1]])('does not go back to %d', (fraction) => {
    pulse.update(0.5);
    pulse.update(fraction, 'next');
    clock.goTo(minGapMs);

    expect(told.at(-1)).toMatchObject({ fraction: 0.5, note: 'next' });
  });

  it('has no more than the whole', () => {
    pulse.update(7);

    expect(told.at(-1)?.fraction).toBe(1);
  });

  it('is silent after its end', () => {
    pulse.stop();
    pulse.update(1);
    clock.goTo(60_000);

    expect(told).toEqual([]);
  });
});

/** Time that stands still until a test moves it. */
function handClock(): { readonly timers: Timers; readonly goTo: (ms: number) => void } {
  let nowMs = 0;
  const waiting = new Map<() => void, number>();
  const next = () => [...waiting].sort(([, a], [, b]) => a - b)[0];
  return {
    timers: {
      nowMs: () => nowMs,
      after: (delayMs, run) => {
        const entry = () => run();
        waiting.set(entry, nowMs + delayMs);
        return () => waiting.delete(entry);
      },
    },
    goTo: (ms) => {
      for (let entry = next(); entry !== undefined && entry[1] <= ms; entry = next()) {
        const [run, atMs] = entry;
        waiting.delete(run);
        nowMs = atMs;
        run();
      }
      nowMs = ms;
    },
  };
}
