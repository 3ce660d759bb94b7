/** A reply of Valkey. */
export type ValkeyReply = string | number | null | ValkeyError | readonly ValkeyReply[];

/** Valkey did not do what it was asked: its own words. */
export class ValkeyError extends Error {
  override readonly name = 'ValkeyError';
}

/** What stands at the place, and where the next reply begins. */
export interface Parsed {
  readonly reply: ValkeyReply;
  readonly next: number;
}

const maxDepth = 8;

/** One command as Valkey reads it (RESP 2): an array of texts. */
export function encodeCommand(words: readonly string[]): string {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${parts.join('')}`;
}

/** Reads one reply (RESP 2) from this place on; undefined while it is not whole. Throws if this is no RESP. */
export function parseReply(data: Buffer, from = 0, depth = 0): Parsed | undefined {
  const end = data.indexOf('\r\n', from);
  if (end === -1) return undefined;
  const line = data.toString('utf8', from + 1, end);
  const next = end + 2;
  switch (data.toString('latin1', from, from + 1)) {
    case '+':
      return { reply: line, next };
    case '-':
      return { reply: new ValkeyError(line), next };
    case ':':
      return { reply: wholeNumber(line), next };
    case '$':
      return parseText(data, next, wholeNumber(line));
    case '*':
      if (depth > maxDepth) throw new Error('lists in lists without an end');
      return parseList(data, { from: next, count: wholeNumber(line), depth: depth + 1 });
    default:
      throw new Error('this is not the language of Valkey');
  }
}

function parseText(data: Buffer, from: number, sizeBytes: number): Parsed | undefined {
  if (sizeBytes < 0) return { reply: null, next: from };
  const end = from + sizeBytes;
  if (data.length < end + 2) return undefined;
  if (data.toString('latin1', end, end + 2) !== '\r\n') throw new Error('a text of another length');
  return { reply: data.toString('utf8', from, end), next: end + 2 };
}

function parseList(
  data: Buffer,
  { from, count, depth }: { readonly from: number; readonly count: number; readonly depth: number },
): Parsed | undefined {
  if (count < 0) return { reply: null, next: from };
  const reply: ValkeyReply[] = [];
  let next = from;
  for (let index = 0; index < count; index++) {
    const parsed = parseReply(data, next, depth);
    if (parsed === undefined) return undefined;
    reply.push(parsed.reply);
    next = parsed.next;
  }
  return { reply, next };
}

function wholeNumber(line: string): number {
  if (!/^-?\d{1,15}$/.test(line)) throw new Error('a number that is none');
  return Number(line);
}
