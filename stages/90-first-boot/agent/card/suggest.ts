/** The word of the list that was probably meant; undefined if none is near. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const small = word.toLowerCase().slice(0, 40);
  const rated = words.map((one) => ({ one, distance: distance(small, one.toLowerCase()) }));
  const best = rated.sort((a, b) => a.distance - b.distance)[0];
  const isNear =
    best !== undefined && best.distance < small.length && best.distance <= Math.max(2, small.length / 3);
  return isNear ? best.one : undefined;
}

/** Letters to change, add or leave out (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [index, sign] of [...a].entries()) {
    const next = [index + 1];
    for (let at = 1; at <= b.length; at += 1) {
      const change = (row[at - 1] ?? 0) + (b.charAt(at - 1) === sign ? 0 : 1);
      next.push(Math.min(change, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
