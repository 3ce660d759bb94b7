import type { LocalText } from '../text/local-text.ts';

/** The clock of the applier, in ms, for tests to turn. */
export interface Timers {
  readonly nowMs: () => number;
  /** Runs once after `delayMs`. Returns what calls it off. */
  readonly after: (delayMs: number, run: () => void) => () => void;
}

/** Tells how far a step is: not too often, and again when it has been silent. */
export interface Pulse {
  readonly update: (fraction: number, note?: LocalText) => void;
  readonly stop: () => void;
}

/** A page that hears nothing for ten seconds can't be told from one that hangs. */
export const heartbeatMs = 5_000;
/** A step that counts bytes would fill the log. */
export const minGapMs = 1_000;

export const realTimers: Timers = {
  nowMs: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Begins to tell; the fraction never goes back and stays between 0 and 1. */
export function startPulse(tell: (fraction: number, note?: LocalText) => void, timers: Timers): Pulse {
  let fraction = 0;
  let note: LocalText | undefined;
  let toldMs = Number.NEGATIVE_INFINITY;
  let isStopped = false;
  const send = () => {
    toldMs = timers.nowMs();
    arm(heartbeatMs);
    tell(fraction, note);
  };
  let callOff = timers.after(heartbeatMs, send);
  const arm = (delayMs: number) => {
    callOff();
    callOff = timers.after(delayMs, send);
  };
  return {
    update: (newFraction, newNote) => {
      if (isStopped) return;
      if (newFraction > fraction) fraction = Math.min(1, newFraction);
      note = newNote ?? note;
      const restMs = toldMs + minGapMs - timers.nowMs();
      if (restMs <= 0) send();
      else arm(restMs);
    },
    stop: () => {
      isStopped = true;
      callOff();
    },
  };
}
