import { randomInt } from 'node:crypto';

/** Letters and digits without pairs that look alike on a screen or on paper: 0 O, 1 I L, 2 Z, 5 S, 8 B, U V. */
export const codeAlphabet = 'ACDEFGHJKMNPQRTVWXY34679';

const groups = 3;
const groupLength = 4;
const shape = new RegExp(
  `^[${codeAlphabet}]{${groupLength}}(-[${codeAlphabet}]{${groupLength}}){${groups - 1}}$`,
);

/** How hard a code is to guess: the base-2 logarithm of the number of different codes. */
export const codeBits = groups * groupLength * Math.log2(codeAlphabet.length);

/** Makes a code like ACDE-FGHJ-KMNP. `pickBelow(n)` gives an even choice from 0 to n - 1. */
export function makeSetupCode(pickBelow: (limit: number) => number = randomInt): string {
  const pickGroup = () =>
    Array.from({ length: groupLength }, () => codeAlphabet.charAt(pickBelow(codeAlphabet.length))).join('');
  return Array.from({ length: groups }, pickGroup).join('-');
}

/** Tells whether the text is exactly one setup code. */
export function isSetupCode(text: string): boolean {
  return shape.test(text);
}
