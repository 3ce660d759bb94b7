import { describe, expect, it } from 'vitest';
import { placesIn } from '../../../builder/image/compare-fat.ts';

describe('placesIn', () => {
  it('counts the files of each folder in the order of the disk', () => {
    const listing =
      '::/config.txt\n::/overlays/\n::/overlays/z.dtbo\n::/overlays/a name.dtbo\n::/cmdline.txt\n';

    expect(Object.fromEntries(placesIn(listing))).toEqual({
      '/config.txt': '1',
      '/overlays': '2',
      '/overlays/z.dtbo': '1',
      '/overlays/a name.dtbo': '2',
      '/cmdline.txt': '3',
    });
  });

  it('finds nothing on an empty partition', () => {
    expect(placesIn('').size).toBe(0);
  });
});
