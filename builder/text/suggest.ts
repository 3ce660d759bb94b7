/** The candidate that a mistyped word was most likely meant to be, or undefined when none is near. */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase());
    const isNear = distance <= Math.max(1, Math.floor(Math.max(word.length, candidate.length) / 3));
    // Two one-letter words are always one edit apart: that is no likeness.
    const sharesSomething = distance < Math.max(word.length, candidate.length);
    if (isNear && sharesSomething && (best === undefined || distance < best.distance)) {
      best = { candidate, distance };
    }
  }
  return best?.candidate;
}

/** Edits (insert, delete, replace, swap of neighbours) that turn one word into the other. */
export function editDistance(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      current.push(cellValue({ from, to, rows, current, row, column }));
    }
    rows.push(current);
  }
  return rows[from.length]?.[to.length] ?? 0;
}

interface Cell {
  readonly from: string;
  readonly to: string;
  readonly rows: readonly (readonly number[])[];
  readonly current: readonly number[];
  readonly row: number;
  readonly column: number;
}

function cellValue({ from, to, rows, current, row, column }: Cell): number {
  const at = (cells: readonly number[] | undefined, index: number) =>
    cells?.[index] ?? Number.POSITIVE_INFINITY;
  const above = rows[row - 1];
  const isSame = from[row - 1] === to[column - 1];
  const isSwap =
    row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
  return Math.min(
    at(current, column - 1) + 1,
    at(above, column) + 1,
    at(above, column - 1) + (isSame ? 0 : 1),
    isSwap ? at(rows[row - 2], column - 2) + 1 : Number.POSITIVE_INFINITY,
  );
}
