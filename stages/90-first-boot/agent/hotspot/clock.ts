/** Time, so that a test can have its own. */
export interface Clock {
  /** Milliseconds since some moment; never goes back, whatever the device's date does. */
  readonly nowMs: () => number;
  /** Waits; an abort ends it early, without an error. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export const realClock: Clock = {
  nowMs: () => performance.now(),
  wait: (ms, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
      if (signal?.aborted) done();
      function done(): void {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      }
    }),
};
