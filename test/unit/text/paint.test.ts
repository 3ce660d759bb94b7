import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { paintFor, plainPaint } from '../../../builder/text/paint.ts';

describe('paintFor', () => {
  it('leaves text for a stream that is no terminal alone', () => {
    expect(paintFor(new PassThrough())('red', 'x')).toBe('x');
  });

  it('colours when the user says so', () => {
    expect(paintFor(new PassThrough(), 'always')('red', 'x')).toBe('\u001B[31mx\u001B[39m');
  });

  it('never colours when the user says so', () => {
    expect(paintFor(new PassThrough(), 'never')).toBe(plainPaint);
  });
});
