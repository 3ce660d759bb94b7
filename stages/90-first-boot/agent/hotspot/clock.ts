/** Time, so that a test can have its own. */
export interface Clock {
  /** Milliseconds since some moment; never goes back, whatever the device's date does. */
  readonly nowMs: () => number;
  /** Waits; an abort ends it early, without an error. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** What such a time is for the world outside, in milliseconds: for the limits of programs. */
  readonly realMs: (ms: number) => number;
}

export const realClock: Clock = slowClock(1);

/** A clock for a computer that takes `slowness` times as long for everything as a Pi does. */
export function slowClock(slowness: number): Clock {
  const realMs = (ms: number) => ms * slowness;
  return {
    nowMs: () => performance.now() / slowness,
    realMs,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        const timer = setTimeout(done, realMs(ms));
        signal?.addEventListener('abort', done, { once: true });
        if (signal?.aborted) done();
        function done(): void {
          clearTimeout(timer);
          signal?.removeEventListener('abort', done);
          resolve();
        }
      }),
  };
}
