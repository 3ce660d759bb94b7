/** Consecutive user or group ids. */
export interface IdRange {
  readonly start: number;
  readonly count: number;
}

/** Ids 1 to 65535 of the image: its root is our own user. */
export const neededIds = 65_535;

/** The first range of at least 65,535 ids in a subuid(5) file. */
export function findRange(text: string, username: string, uid: number): IdRange | undefined {
  return largeEnough(rangesOf(text).filter(({ owner }) => owner === username || owner === String(uid)));
}

/** The ids of a user's largest range in a subuid(5) file; 0 if he has none. */
export function largestCount(text: string, username: string, uid: number): number {
  const own = rangesOf(text).filter(({ owner }) => owner === username || owner === String(uid));
  return Math.max(0, ...own.map(({ count }) => count));
}

/** The first range of at least 65,535 ids in what getsubids(1) prints: `0: me 100000 65536`. */
export function rangesOfGetsubids(output: string): IdRange | undefined {
  const ranges = output.split('\n').map((line) => /^\d+: \S+ (\d+) (\d+)\s*$/.exec(line));
  return largeEnough(
    ranges.flatMap((match) => (match ? [{ start: Number(match[1]), count: Number(match[2]) }] : [])),
  );
}

/** The start of 65,536 ids that no one in these subuid(5) files has: where another user's ids are not ours to give away. */
export function freeStart(...files: readonly string[]): number {
  const firstOfDebian = 100_000;
  const ends = files.flatMap(rangesOf).map(({ start, count }) => start + count);
  return Math.max(firstOfDebian, ...ends);
}

/** The ids that exist in a user namespace: the inner side of a uid_map file's lines "inside outside count". */
export function parseIdMap(text: string): IdRange[] {
  return text.split('\n').flatMap((line) => {
    const [start, , count] = line.trim().split(/\s+/).map(Number);
    return start !== undefined && count !== undefined ? [{ start, count }] : [];
  });
}

function rangesOf(text: string): { owner: string; start: number; count: number }[] {
  return text.split('\n').flatMap((line) => {
    const [owner, start, count] = line.trim().split(':');
    if (owner === undefined || start === undefined || count === undefined) return [];
    if (!/^\d+$/.test(start) || !/^\d+$/.test(count)) return [];
    return [{ owner, start: Number(start), count: Number(count) }];
  });
}

function largeEnough(ranges: readonly IdRange[]): IdRange | undefined {
  const range = ranges.find(({ count }) => count >= neededIds);
  return range && { start: range.start, count: neededIds };
}
