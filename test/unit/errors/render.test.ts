import { describe, expect, it } from 'vitest';
import { HearthError } from '../../../builder/errors/hearth-error.ts';
import { exitCodeOf, renderError } from '../../../builder/errors/render.ts';
import { paintFor } from '../../../builder/text/paint.ts';

const stepFailed = new HearthError('ERR_STEP_FAILED', {
  what: '30-samba: 01-run-chroot.sh failed with exit code 100',
  why: 'A package is not in the archive.',
  details: 'The last line:\n> E: Unable to locate package sambaa\n',
  todo: 'correct the name, then: scripts/build',
  state: 'The stages before it are kept.',
  cause: new Error('exit code 100'),
});

describe('renderError', () => {
  it('shows what, why, details, state and what to do, with the code at the right', () => {
    expect(renderError(stepFailed, { widthColumns: 80 })).toBe(
      [
        '✖ 30-samba: 01-run-chroot.sh failed with exit code 100           ERR_STEP_FAILED',
        '  A package is not in the archive.',
        '',
        'The last line:',
        '> E: Unable to locate package sambaa',
        '',
        '  State   The stages before it are kept.',
        '  Try     correct the name, then: scripts/build',
      ].join('\n'),
    );
  });

  it('leaves out what is not known', () => {
    const error = new HearthError('ERR_USAGE', { what: 'unknown command "biuld"' });

    expect(renderError(error, { widthColumns: 40 })).toBe('✖ unknown command "biuld"      ERR_USAGE');
  });

  it('keeps two spaces before the code when the line is full', () => {
    const error = new HearthError('ERR_USAGE', { what: 'x'.repeat(80) });

    expect(renderError(error, { widthColumns: 40 })).toBe(`✖ ${'x'.repeat(80)}  ERR_USAGE`);
  });

  it('shows several lines of advice below each other', () => {
    const error = new HearthError('ERR_HOST_UNSUITABLE', { what: 'a program is missing', todo: 'one\ntwo' });

    expect(renderError(error)).toMatch(/\n {2}Try {5}one\n {10}two$/);
  });

  it('shows no stack of an expected error, but with debug its own and its causes', () => {
    expect(renderError(stepFailed)).not.toContain('render.test.ts');
    expect(renderError(stepFailed, { debug: true })).toMatch(
      /HearthError: 30-samba[\s\S]*render\.test\.ts[\s\S]*caused by: Error: exit code 100/,
    );
  });

  it('has a sign for terminals without ✖', () => {
    expect(renderError(stepFailed, { ascii: true })).toMatch(/^x 30-samba/);
  });

  it('tells everything without colour, and nothing more with it', () => {
    const coloured = renderError(stepFailed, { paint: paintFor(process.stderr, 'always') });

    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with this character
    expect(coloured.replaceAll(/\u001B\[\d+m/g, '')).toBe(renderError(stepFailed));
    expect(coloured).not.toBe(renderError(stepFailed));
  });

  it('shows the stack of an unexpected error and asks for a report', () => {
    const text = renderError(new TypeError('x is not a function', { cause: new Error('deeper') }));

    expect(text).toMatch(/^✖ a bug in Hearth stopped this command +ERR_INTERNAL\n/);
    expect(text).toMatch(/TypeError: x is not a function[\s\S]*render\.test\.ts/);
    expect(text).toContain('caused by: Error: deeper');
    expect(text).toContain('Report');
  });

  it('shows every part of an AggregateError', () => {
    const text = renderError(
      new AggregateError([new Error('first'), new Error('second')], 'two cleanups failed'),
    );

    expect(text).toMatch(/part 1 of 2: Error: first[\s\S]*part 2 of 2: Error: second/);
  });

  it('copes with things that are no errors', () => {
    expect(renderError('just a text')).toContain('thrown: just a text');
    expect(renderError(undefined)).toContain('thrown: undefined');
  });
});

describe('exitCodeOf', () => {
  it('is that of the catalogue for our errors and 70 for all others', () => {
    expect(exitCodeOf(stepFailed)).toBe(1);
    expect(exitCodeOf(new HearthError('ERR_DOWNLOAD', { what: 'x' }))).toBe(4);
    expect(exitCodeOf(new Error('x'))).toBe(70);
    expect(exitCodeOf(undefined)).toBe(70);
  });
});
