export interface Content {
  readonly sizeBytes: number;
  readonly read: (offsetBytes: number, lengthBytes: number) => Buffer;
}

export interface ContentDifference {
  /** From 0; the end of the shorter file if it is the beginning of the longer one. */
  readonly offsetBytes: number;
  readonly sizesBytes: readonly [a: number, b: number];
  /** For text: the first line that differs, numbered from 1. */
  readonly line?: { readonly number: number; readonly a: string; readonly b: string };
}

const pieceBytes = 1 << 20;
/** Longer files are not looked at as text. */
const longestTextBytes = 4 << 20;
const longestShownLine = 100;

/** The first difference of two contents; undefined if they are equal. */
export function compareContent(a: Content, b: Content): ContentDifference | undefined {
  const offsetBytes = firstDifference(a, b);
  if (offsetBytes === undefined) return undefined;
  const line = differingLine(a, b, offsetBytes);
  return {
    offsetBytes,
    sizesBytes: [a.sizeBytes, b.sizeBytes],
    ...(line ? { line } : {}),
  };
}

function firstDifference(a: Content, b: Content): number | undefined {
  const shared = Math.min(a.sizeBytes, b.sizeBytes);
  for (let offset = 0; offset < shared; offset += pieceBytes) {
    const length = Math.min(pieceBytes, shared - offset);
    const [left, right] = [a.read(offset, length), b.read(offset, length)];
    if (!left.equals(right)) return offset + left.findIndex((byte, index) => byte !== right[index]);
  }
  return a.sizeBytes === b.sizeBytes ? undefined : shared;
}

function differingLine(a: Content, b: Content, offsetBytes: number): ContentDifference['line'] | undefined {
  const [left, right] = [textOf(a), textOf(b)];
  if (left === undefined || right === undefined) return undefined;
  const before = left.subarray(0, offsetBytes);
  const start = before.lastIndexOf(0x0a) + 1;
  return {
    number: before.toString('latin1').split('\n').length,
    a: lineAt(left, start),
    b: lineAt(right, start),
  };
}

/** The bytes if they look like text. */
function textOf(content: Content): Buffer | undefined {
  if (content.sizeBytes > longestTextBytes) return undefined;
  const bytes = content.read(0, content.sizeBytes);
  return bytes.includes(0) ? undefined : bytes;
}

/** Control characters become a sign, so that a file can not command the terminal. */
function lineAt(bytes: Buffer, start: number): string {
  const end = bytes.indexOf(0x0a, start);
  const line = bytes.subarray(start, end < 0 ? bytes.length : end).toString('utf8');
  const shown = line.length > longestShownLine ? `${line.slice(0, longestShownLine)}…` : line;
  return shown.replaceAll(/\p{Cc}|\p{Cf}/gu, '�');
}
