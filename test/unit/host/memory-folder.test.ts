import { describe, expect, it } from 'vitest';
import { isUsableTmpfs } from '../../../builder/host/memory-folder.ts';

const mounts = `24 1 0:20 / / rw,relatime - ext4 /dev/sda1 rw
25 24 0:23 / /dev/shm rw,nosuid,nodev - tmpfs tmpfs rw,size=24684084k
26 24 0:24 / /closed rw,nosuid,noexec shared:3 - tmpfs tmpfs rw
27 24 0:25 / /frozen ro - tmpfs tmpfs rw
28 24 0:26 / /covered rw - tmpfs tmpfs rw
29 28 0:27 / /covered rw - ext4 /dev/sdb1 rw
30 24 0:28 / /shared rw,relatime shared:7 - tmpfs tmpfs rw
`;

describe('isUsableTmpfs', () => {
  it.each([
    ['/dev/shm', true],
    ['/shared', true],
    ['/closed', false],
    ['/frozen', false],
    ['/covered', false],
    ['/', false],
    ['/missing', false],
  ])('%s: %s', (folder, expected) => {
    expect(isUsableTmpfs(mounts, folder)).toBe(expected);
  });
});
