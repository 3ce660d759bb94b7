import { lstat, readFile, stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { projectDir, StageTree } from './stage-tree.ts';

const overlay = `${projectDir}/overlays/boot/etc`;
const release = '7.3.4+deb13-arm64';

async function treeAfterPackages(): Promise<StageTree> {
  const tree = await StageTree.create({
    'usr/sbin/update-initramfs': 'stand-in\n',
    'etc/default/raspi-firmware.dpkg-dist': '#ROOTPART=\n',
    [`usr/lib/modules/${release}/modules.dep`]: '',
  });
  await tree.copyOverlay('boot');
  return tree;
}

describe('10-boot', () => {
  it('keeps packages from making the initramfs while they are installed', async () => {
    await using tree = await StageTree.create({ 'usr/sbin/': '' });

    const calls = await tree.run('10-boot/00-run.sh');

    expect(calls).toEqual(['on_chroot dpkg-divert --local --rename --add /usr/sbin/update-initramfs']);
    expect((await lstat(`${tree.path}/usr/sbin/update-initramfs`)).isSymbolicLink()).toBe(true);
  });

  it('puts the real program back and makes the initramfs once', async () => {
    await using tree = await treeAfterPackages();

    const calls = await tree.run('10-boot/02-run.sh', { HEARTH_DISK_ID: '4a3c2b1d' });

    expect(calls).toEqual([
      'on_chroot dpkg-divert --local --rename --remove /usr/sbin/update-initramfs',
      `on_chroot update-initramfs -c -k ${release}`,
    ]);
    await expect(lstat(`${tree.path}/usr/sbin/update-initramfs`)).rejects.toThrow('ENOENT');
  });

  it('finds its partitions by the id of the disk, whatever the disk is', async () => {
    await using tree = await treeAfterPackages();

    await tree.run('10-boot/02-run.sh', { HEARTH_DISK_ID: '4a3c2b1d' });

    const mounts = (await tree.read('etc/fstab')).trim().split('\n');
    expect(mounts.map((line) => line.split(/\s+/).slice(0, 2))).toEqual([
      ['PARTUUID=4a3c2b1d-02', '/'],
      ['PARTUUID=4a3c2b1d-01', '/boot/firmware'],
    ]);
    for (const line of mounts) expect(line).toContain('noatime');
    expect(await tree.read('etc/default/raspi-firmware')).toMatch(/^ROOTPART="PARTUUID=4a3c2b1d-02"$/m);
  });

  it('boots without a readable FAT partition', async () => {
    await using tree = await treeAfterPackages();

    await tree.run('10-boot/02-run.sh', { HEARTH_DISK_ID: '4a3c2b1d' });

    expect(await tree.read('etc/fstab')).toMatch(/^\S+ \/boot\/firmware vfat \S*nofail/m);
  });

  it('writes a command line of one line, with the screen as console', async () => {
    expect((await readFile(`${overlay}/default/raspi-extra-cmdline`, 'utf8')).trim()).not.toContain('\n');
    expect(await readFile(`${overlay}/default/raspi-firmware`, 'utf8')).toMatch(
      /^CONSOLES=".*ttyS1,115200 tty1"$/m,
    );
  });

  it.each([
    ['SD card of a Pi 3', ['bcm2835', 'dwc2']],
    ['SD card and USB of a Pi 4', ['sdhci-iproc', 'gpio-regulator', 'reset-raspberrypi', 'xhci-pci']],
    [
      'SD card and USB of a Pi 5',
      ['sdhci-brcmstb', 'pinctrl-brcmstb-bcm2712', 'rp1_pci', 'clk-rp1', 'pinctrl-rp1'],
    ],
    ['USB and NVMe disks', ['usb-storage', 'uas', 'sd_mod', 'nvme']],
    ['virtual machine', ['virtio_blk', 'virtio_mmio']],
    ['root file system', ['ext4']],
  ])('puts the drivers for %s into the initramfs', async (_what, drivers) => {
    const hook = await readFile(`${overlay}/initramfs-tools/hooks/hearth`, 'utf8');
    const added = hook
      .split('\n')
      .flatMap((line) => line.match(/^manual_add_modules (.*)$/)?.[1]?.split(' ') ?? []);

    expect(added).toEqual(expect.arrayContaining(drivers));
  });

  it('has a hook that initramfs-tools will run', async () => {
    expect((await stat(`${overlay}/initramfs-tools/hooks/hearth`)).mode & 0o111).toBe(0o111);
  });
});
