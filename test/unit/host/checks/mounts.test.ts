import { describe, expect, it } from 'vitest';
import { findMount, nearestExisting } from '../../../../builder/host/checks/mounts.ts';
import { fileTree } from '../../../helpers/file-tree.ts';

const mountinfo = `27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
22 27 0:21 / /proc rw,relatime shared:2 master:1 - proc proc rw
30 27 8:1 / /home rw,nosuid,noexec - ext4 /dev/sda1 rw
31 30 0:40 / /home/anna/My\\040Share rw - 9p share rw
32 27 0:41 / /mnt rw - tmpfs tmpfs rw
33 32 0:42 / /mnt rw,noexec - vfat /dev/sdb1 rw
`;

describe('findMount', () => {
  it.each([
    ['/usr/bin', '/', 'ext4', false],
    ['/home', '/home', 'ext4', true],
    ['/home/anna', '/home', 'ext4', true],
    ['/homes', '/', 'ext4', false],
    ['/home/anna/My Share/x', '/home/anna/My Share', '9p', false],
    ['/mnt/x', '/mnt', 'vfat', true],
  ])('finds that of %s', (path, mountPoint, type, isNoexec) => {
    expect(findMount(mountinfo, path)).toMatchObject({ mountPoint, type, isNoexec });
  });

  it('reads the flag nosuid', () => {
    expect(findMount(mountinfo, '/home')?.isNosuid).toBe(true);
    expect(findMount(mountinfo, '/')?.isNosuid).toBe(false);
  });

  it('finds none where nothing can be read', () => {
    expect(findMount('', '/')).toBeUndefined();
  });
});

describe('nearestExisting', () => {
  it('goes up to the first folder that is there', async () => {
    const folder = await fileTree({ 'a/b': '' });

    expect(await nearestExisting(`${folder}/a/c/d/e`)).toBe(`${folder}/a`);
    expect(await nearestExisting(`${folder}/a/b`)).toBe(`${folder}/a/b`);
    expect(await nearestExisting('/nowhere/at/all')).toBe('/');
  });
});
