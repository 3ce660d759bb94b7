/** A part of a mail as RFC 5322 has it; bytes are in Latin-1. */
interface Part {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** The headers of a mail in words, by their names in small letters. Of several of one name the first counts. */
export function headersOf(mail: string): ReadonlyMap<string, string> {
  const { headers } = splitPart(mail);
  return new Map([...headers].map(([name, value]) => [name, decodeWords(value)]));
}

/** The words of a mail: of its first part that is plain text, or of the first one. */
export function textIn(mail: string): string {
  const parts = partsIn(splitPart(mail), 0);
  const part = parts.find(({ headers }) => typeOf(headers).type === 'text/plain') ?? parts[0];
  return part === undefined ? '' : safe(decodeBody(part)).trim();
}

function splitPart(text: string): Part {
  const end = /\r?\n\r?\n/.exec(text);
  const head = end === null ? text : text.slice(0, end.index);
  const headers = new Map<string, string>();
  for (const line of head.replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const [, name = '', value = ''] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
    if (name !== '' && !headers.has(name.toLowerCase())) headers.set(name.toLowerCase(), value);
  }
  return { headers, body: end === null ? '' : text.slice(end.index + end[0].length) };
}

/** Of a mail in parts each one that has none itself. */
function partsIn(part: Part, depth: number): readonly Part[] {
  const { type, boundary } = typeOf(part.headers);
  if (!type.startsWith('multipart/') || boundary === undefined || depth > 4) return [part];
  const pieces = `\n${part.body}`.split(`\n--${boundary}`).slice(1, -1);
  return pieces.flatMap((piece) => partsIn(splitPart(piece.replace(/^[^\n]*\n/, '')), depth + 1));
}

function typeOf(headers: ReadonlyMap<string, string>): {
  readonly type: string;
  readonly charset: string;
  readonly boundary: string | undefined;
} {
  const value = headers.get('content-type') ?? 'text/plain';
  const named = (name: string) => new RegExp(`;\\s*${name}="?([^";]+)"?`, 'i').exec(value)?.[1]?.trim();
  return {
    type: (value.split(';')[0] ?? '').trim().toLowerCase(),
    charset: named('charset') ?? 'utf-8',
    boundary: named('boundary'),
  };
}

function decodeBody({ headers, body }: Part): string {
  const encoding = (headers.get('content-transfer-encoding') ?? '').trim().toLowerCase();
  const { charset } = typeOf(headers);
  if (encoding === 'base64') return decodeBytes(Buffer.from(body, 'base64'), charset);
  if (encoding !== 'quoted-printable') return decodeBytes(Buffer.from(body, 'latin1'), charset);
  return decodeBytes(Buffer.from(unquote(body.replaceAll(/=[ \t]*\r?\n/g, '')), 'latin1'), charset);
}

/** Encoded words of RFC 2047: `=?utf-8?Q?Gr=C3=BC=C3=9Fe?=`. */
function decodeWords(text: string): string {
  const joined = text.replaceAll(/(\?=)\s+(=\?)/g, '$1$2');
  const decoded = joined.replaceAll(
    /=\?([\w-]+)\?([QqBb])\?([^?]*)\?=/g,
    (_all, charset: string, kind: string, words: string) =>
      decodeBytes(
        kind.toUpperCase() === 'B'
          ? Buffer.from(words, 'base64')
          : Buffer.from(unquote(words.replaceAll('_', ' ')), 'latin1'),
        charset,
      ),
  );
  return safe(decoded).replaceAll('\n', ' ');
}

function unquote(text: string): string {
  return text.replaceAll(/=([0-9A-Fa-f]{2})/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function decodeBytes(bytes: Buffer, charset: string): string {
  return bytes.toString(/^(?:iso-8859-(?:1|15)|windows-1252)$/i.test(charset) ? 'latin1' : 'utf8');
}

/** Without what a terminal would obey. */
function safe(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('\t', '  ')
    .replaceAll(/[^\P{Cc}\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '');
}
