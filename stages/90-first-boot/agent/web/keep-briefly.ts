/** Gives the same answer to everybody who asks while it is made and for a short time after: many reloads, one look. */
export function keepBriefly<T>(
  make: () => Promise<T>,
  keepMs: number,
  now: () => number = Date.now,
): () => Promise<T> {
  let kept: { readonly answer: Promise<T>; until: number } | undefined;
  return () => {
    if (kept !== undefined && now() < kept.until) return kept.answer;
    const entry = { answer: make(), until: Number.POSITIVE_INFINITY };
    kept = entry;
    const settle = (keep: number) => {
      entry.until = now() + keep;
    };
    entry.answer.then(
      () => settle(keepMs),
      () => settle(0),
    );
    return entry.answer;
  };
}
