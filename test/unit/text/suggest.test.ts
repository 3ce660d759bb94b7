import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, suggest } from '../../../builder/text/suggest.ts';

describe('suggest', () => {
  const keys = ['hostname', 'edition', 'locale', 'timezone', 'keyboard', 'wifi', 'ssh'];

  it.each([
    ['hostnam', 'hostname'],
    ['hotsname', 'hostname'],
    ['HOSTNAME', 'hostname'],
    ['time_zone', 'timezone'],
    ['wfi', 'wifi'],
    ['keybord', 'keyboard'],
  ])('for %s it is %s', (word, meant) => {
    expect(suggest(word, keys)).toBe(meant);
  });

  it.each(['plex', 'x', '', 'completely-different'])('knows nothing near %j', (word) => {
    expect(suggest(word, keys)).toBeUndefined();
  });

  it('does not call two other letters alike', () => {
    expect(suggest('a', ['b'])).toBeUndefined();
  });
});

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
  ])('from %j to %j it is %d', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
  });

  it('is the same in both directions and zero only for equal words', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (from, to) => {
        expect(editDistance(from, to)).toBe(editDistance(to, from));
        expect(editDistance(from, to) === 0).toBe(from === to);
      }),
    );
  });
});
