import { describe, expect, it } from 'vitest';
import { countTree, type ListedFile } from '../../../builder/image/tree-statistics.ts';

let inode = 0;

function listed(name: string, parts: Partial<ListedFile> = {}): ListedFile {
  inode += 1;
  return { name, type: 'f', sizeBytes: 1, inode: String(inode), links: 1, target: '', ...parts };
}

describe('countTree', () => {
  it('counts a block for each started 4096 bytes of a file, one for a folder, and an inode for each', () => {
    const files = [
      listed('.', { type: 'd', sizeBytes: 4096 }),
      listed('etc', { type: 'd', sizeBytes: 8192 }),
      listed('etc/empty', { sizeBytes: 0 }),
      listed('etc/small', { sizeBytes: 4096 }),
      listed('etc/more', { sizeBytes: 4097 }),
    ];

    expect(countTree(files, {})).toEqual({ blocks: 1 + 1 + 0 + 1 + 2, inodes: 5 });
  });

  it('counts a file with several names once', () => {
    const shared = { inode: 'same', links: 2, sizeBytes: 5000 };

    expect(countTree([listed('usr/a', shared), listed('usr/b', shared)], {})).toEqual({
      blocks: 2,
      inodes: 1,
    });
  });

  it('counts no block for a short link, a pipe or a device', () => {
    const files = [
      listed('bin', { type: 'l', target: 'usr/bin' }),
      listed('long', { type: 'l', target: 'x'.repeat(60) }),
      listed('pipe', { type: 'p' }),
      listed('null', { type: 'c' }),
    ];

    expect(countTree(files, {})).toEqual({ blocks: 1, inodes: 4 });
  });

  it('leaves out what is not in the root partition', () => {
    const files = [
      listed('boot/firmware', { type: 'd' }),
      listed('boot/firmware/config.txt'),
      listed('boot/firmware/overlays', { type: 'd' }),
      listed('var/log/dpkg.log'),
      listed('dev/console', { type: 'c' }),
      listed('.hearth-build', { type: 'd' }),
    ];

    expect(countTree(files, {})).toEqual({ blocks: 1, inodes: 1 });
  });

  it('counts added files and the folders above them that are not there', () => {
    const files = [listed('usr', { type: 'd' }), listed('usr/lib', { type: 'd' })];

    expect(countTree(files, { 'usr/lib/hearth/image.json': 'x'.repeat(5000) })).toEqual({
      blocks: 2 + 1 + 2,
      inodes: 2 + 1 + 1,
    });
  });

  it('throws for what a FAT partition can not hold', () => {
    expect(() => countTree([listed('boot/firmware/link', { type: 'l' })], {})).toThrow('boot partition');
  });
});
