import { describe, expect, it } from 'vitest';
import { cardSize } from '../../../builder/vm/card.ts';

const gibibyte = 1024 ** 3;

describe('cardSize', () => {
  it.each([
    ['virt', 3 * gibibyte, undefined, 3 * gibibyte],
    ['virt', 3 * gibibyte, 5 * gibibyte, 5 * gibibyte],
    ['raspi3b', 3 * gibibyte, undefined, 4 * gibibyte],
    ['raspi3b', 4 * gibibyte, undefined, 4 * gibibyte],
    ['raspi3b', 3 * gibibyte, 8 * gibibyte, 8 * gibibyte],
  ] as const)('on %s, image %d, wanted %s', (board, image, wanted, size) => {
    expect(cardSize(board, image, wanted)).toBe(size);
  });

  it('refuses a card that is smaller than the image', () => {
    expect(() => cardSize('virt', 3 * gibibyte, 2 * gibibyte)).toThrow(/smaller than the image/);
  });

  it('refuses an odd size where the board needs a power of two', () => {
    expect(() => cardSize('raspi3b', 3 * gibibyte, 6 * gibibyte)).toThrow(/power of two/);
  });
});
