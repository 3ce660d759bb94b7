import { describe, expect, it } from 'vitest';
import { parseFileList } from '../../../builder/vm/boot-partition.ts';

describe('parseFileList', () => {
  it('gives files with their folders, and no folders', () => {
    expect(parseFileList('::/config.txt\n::/overlays/\n::/overlays/disable-bt.dtbo\n')).toEqual([
      'config.txt',
      'overlays/disable-bt.dtbo',
    ]);
  });
});
