import { describe, expect, it } from 'vitest';
import { codeFrame, type TextRange } from '../../../builder/text/code-frame.ts';

function range(line: number, column: number, length: number): TextRange {
  return { start: { line, column }, end: { line, column: column + length } };
}

describe('codeFrame', () => {
  it('shows the place, the line before, the line, and carets with the message', () => {
    const text = 'network:\n  hostname: "bad host"\nnext: 1\n';

    const frame = codeFrame({
      file: 'config.yaml',
      text,
      range: range(2, 13, 10),
      message: 'for example "a"',
    });

    expect(frame).toBe(
      [
        '  --> config.yaml:2:13',
        '   |',
        ' 1 | network:',
        ' 2 |   hostname: "bad host"',
        '   |             ^^^^^^^^^^ for example "a"',
        '   |',
      ].join('\n'),
    );
  });

  it('has no line before the first one, and no message unless there is one', () => {
    const frame = codeFrame({ file: 'a.yaml', text: 'x: 1', range: range(1, 1, 1) });

    expect(frame).toBe(['  --> a.yaml:1:1', '   |', ' 1 | x: 1', '   | ^', '   |'].join('\n'));
  });

  it('makes room for line numbers with two digits', () => {
    const text = `${'a\n'.repeat(9)}bad`;

    const frame = codeFrame({ file: 'a.yaml', text, range: range(10, 1, 3) });

    expect(frame.split('\n')).toEqual([
      '   --> a.yaml:10:1',
      '    |',
      '  9 | a',
      ' 10 | bad',
      '    | ^^^',
      '    |',
    ]);
  });

  it('marks only the first line of a longer piece', () => {
    const long = { start: { line: 1, column: 4 }, end: { line: 3, column: 2 } };

    const frame = codeFrame({ file: 'a.yaml', text: 'a: [\n 1,\n ]', range: long });

    expect(frame).toContain(' 1 | a: [\n   |    ^\n');
  });

  it('shows at least one caret, also behind the end of the line', () => {
    const frame = codeFrame({ file: 'a.yaml', text: 'a: [', range: range(1, 5, 0) });

    expect(frame).toContain(' 1 | a: [\n   |     ^\n');
  });

  it('cuts a long line around the marked piece', () => {
    const key = 'A'.repeat(400);

    const frame = codeFrame({
      file: 'a.yaml',
      text: `- ${key} bad ${key}`,
      range: range(1, 404, 3),
      message: 'no',
    });

    const shown = frame.split('\n');
    expect(Math.max(...shown.map((line) => line.length))).toBeLessThanOrEqual(105);
    const [line = '', marks = ''] = shown.slice(2, 4);
    expect(line.slice(marks.indexOf('^'), marks.lastIndexOf('^') + 1)).toBe('bad');
    expect(line).toContain('…');
  });

  it('keeps carets below their text when a line holds tabs', () => {
    const frame = codeFrame({ file: 'a.yaml', text: 'a:\tbad', range: range(1, 4, 3) });

    expect(frame).toContain(' 1 | a:  bad\n   |     ^^^\n');
  });

  it('lets no control character through to the terminal', () => {
    const frame = codeFrame({ file: 'a.yaml', text: 'a: \u001B[31mred', range: range(1, 4, 3) });

    expect(frame).not.toContain('\u001B');
  });

  it('reads files with the line ends of Windows', () => {
    const frame = codeFrame({ file: 'a.yaml', text: 'a: 1\r\nb: 2\r\n', range: range(2, 1, 1) });

    expect(frame).toContain(' 1 | a: 1\n 2 | b: 2\n');
  });
});
