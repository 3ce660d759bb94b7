import { type Paint, plainPaint } from './paint.ts';

/** A place in a text. Lines and columns start at 1; the end is the first column after the marked piece. */
export interface TextRange {
  readonly start: TextPosition;
  readonly end: TextPosition;
}

export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

export interface CodeFrame {
  /** Shown in front of line and column, relative to the current folder. */
  readonly file: string;
  readonly text: string;
  readonly range: TextRange;
  /** Stands behind the carets. */
  readonly message?: string;
}

/** Longer lines are cut around the marked piece: SSH keys have 700 characters. */
const maxLineWidth = 96;
const maxCarets = 60;
const tabWidth = 2;

/**
 * The piece of a file that a problem is about: its place, the line before, the line, and carets below the marked
 * piece. Only the first line of a longer piece is marked.
 */
export function codeFrame(frame: CodeFrame, paint: Paint = plainPaint): string {
  const { start, end } = frame.range;
  const lines = frame.text.split(/\r\n|\r|\n/);
  const line = lines[start.line - 1] ?? '';
  const endColumn = end.line > start.line ? line.trimEnd().length + 1 : end.column;
  const cut = cutAround(line, start.column - 1, Math.max(endColumn, start.column + 1) - 1);

  const gutterWidth = String(start.line).length;
  const gutter = (number?: number) => paint('dim', ` ${String(number ?? '').padStart(gutterWidth)} |`);
  const before = start.line > 1 ? cutAround(lines[start.line - 2] ?? '', 0, 0).shown : undefined;
  const marks = ' '.repeat(cut.markStart) + paint('red', '^'.repeat(cut.markWidth));

  return [
    `${paint('dim', `${' '.repeat(gutterWidth + 1)}-->`)} ${frame.file}:${start.line}:${start.column}`,
    gutter(),
    ...(before === undefined ? [] : [`${gutter(start.line - 1)} ${before}`.trimEnd()]),
    `${gutter(start.line)} ${cut.shown}`.trimEnd(),
    `${gutter()} ${marks}${frame.message === undefined ? '' : ` ${frame.message}`}`,
    gutter(),
  ].join('\n');
}

interface CutLine {
  readonly shown: string;
  readonly markStart: number;
  readonly markWidth: number;
}

/** Offsets start at 0. What is shown has one column per character, so that carets stand where they should. */
function cutAround(line: string, from: number, to: number): CutLine {
  const before = printable(line.slice(0, from));
  const marked = printable(line.slice(from, to));
  const all = before + marked + printable(line.slice(to));
  const markWidth = Math.min(Math.max(marked.length, 1), maxCarets);
  if (all.length <= maxLineWidth) return { shown: all, markStart: before.length, markWidth };

  const first = before.length + markWidth <= maxLineWidth - 2 ? 0 : Math.max(0, before.length - 20);
  const last = first + maxLineWidth - 2;
  const head = first > 0 ? '…' : '';
  const tail = last < all.length ? '…' : '';
  return {
    shown: head + all.slice(first, last) + tail,
    markStart: before.length - first + head.length,
    markWidth,
  };
}

/** Tabs as spaces; other control characters as a sign, so that a file can not command the terminal. */
function printable(text: string): string {
  return text.replaceAll('\t', ' '.repeat(tabWidth)).replaceAll(/\p{Cc}|\p{Cf}/gu, '�');
}
