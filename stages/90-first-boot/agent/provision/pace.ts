/** Tells the time that is left, from how fast bytes came in lately. */
export interface Pace {
  /** Seconds until `sizeBytes` are there; undefined while it is too early to tell. */
  readonly secondsLeft: (haveBytes: number, sizeBytes: number) => number | undefined;
}

/** How far back it looks: long enough to be calm, short enough to notice another network. */
const windowMs = 20_000;
const minMs = 2_000;

/** Begins to measure. */
export function startPace(nowMs: () => number, haveBytes: number): Pace {
  let from = { atMs: nowMs(), bytes: haveBytes };
  let next = from;
  return {
    secondsLeft: (bytes, sizeBytes) => {
      const atMs = nowMs();
      if (atMs - next.atMs > windowMs) {
        from = next;
        next = { atMs, bytes };
      }
      const tookMs = atMs - from.atMs;
      const came = bytes - from.bytes;
      if (tookMs < minMs || came <= 0) return undefined;
      return ((sizeBytes - bytes) / came) * (tookMs / 1_000);
    },
  };
}
