/**
 * Which version is newer: negative if `a` is older, 0 for equals, positive if it is newer. Debian's rules, which fit the
 * others too: runs of digits count as numbers, `~` is older than nothing. A `v` at the front says nothing.
 */
export function compareVersions(a: string, b: string): number {
  const [first, second] = [splitVersion(a), splitVersion(b)];
  return (
    first.epoch - second.epoch ||
    comparePart(first.upstream, second.upstream) ||
    comparePart(first.revision, second.revision)
  );
}

function splitVersion(version: string): { epoch: number; upstream: string; revision: string } {
  const [, epoch = '0', rest = ''] = /^v?(?:(\d+):)?(.*)$/s.exec(version) ?? [];
  const dash = rest.lastIndexOf('-');
  return dash < 0
    ? { epoch: Number(epoch), upstream: rest, revision: '' }
    : { epoch: Number(epoch), upstream: rest.slice(0, dash), revision: rest.slice(dash + 1) };
}

function comparePart(a: string, b: string): number {
  const [first, second] = [turnsOf(a), turnsOf(b)];
  for (let index = 0; index < Math.max(first.length, second.length); index++) {
    const [one, other] = [first[index] ?? '', second[index] ?? ''];
    const order = index % 2 === 0 ? compareWords(one, other) : compareNumbers(one, other);
    if (order !== 0) return order;
  }
  return 0;
}

/** Words and numbers by turns, a word first. */
function turnsOf(part: string): readonly string[] {
  const turns: string[] = part.match(/\d+|\D+/g) ?? [];
  return /^\d/.test(part) ? ['', ...turns] : turns;
}

function compareNumbers(a: string, b: string): number {
  const [one, other] = [a, b].map((digits) => BigInt(digits === '' ? '0' : digits)) as [bigint, bigint];
  return one === other ? 0 : one < other ? -1 : 1;
}

function compareWords(a: string, b: string): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const order = rank(a[index]) - rank(b[index]);
    if (order !== 0) return order;
  }
  return 0;
}

/** `~`, then the end, then letters, then all other signs. */
function rank(sign: string | undefined): number {
  if (sign === undefined) return 0;
  if (sign === '~') return -1;
  return /[A-Za-z]/.test(sign) ? sign.charCodeAt(0) : sign.charCodeAt(0) + 256;
}
