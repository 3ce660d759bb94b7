import { defineStage } from '../../builder/stage/define.ts';

export const stage = defineStage({
  summary:
    'Kernel, initramfs, Raspberry Pi firmware and device trees for Pi 3, 4 and 5; also boots on virtio machines',
  reads: ['image.name'],
  overlays: ['boot'],
  checks: [
    { what: 'the memory controller is there', command: 'grep -qw memory /sys/fs/cgroup/cgroup.controllers' },
    { what: 'the pages are 4 KiB', command: 'test "$(getconf PAGESIZE)" = 4096' },
    {
      what: 'the root file system is mounted without access times',
      command: 'findmnt -no OPTIONS / | grep -qw noatime',
    },
    { what: 'the boot partition is mounted', command: 'mountpoint -q /boot/firmware' },
    {
      what: 'config.txt names a kernel and an initramfs that are there',
      command:
        'cd /boot/firmware && test "$(sed -n "s/^kernel=//p; s/^initramfs //p" config.txt | wc -l)" = 2 && for f in $(sed -n "s/^kernel=//p; s/^initramfs //p" config.txt); do test -s "$f" || exit 1; done',
    },
    {
      what: 'cmdline.txt is one line and names the partition that is mounted as root',
      command:
        'test "$(grep -c "" /boot/firmware/cmdline.txt)" = 1 && grep -q "root=PARTUUID=$(findmnt -no PARTUUID /) " /boot/firmware/cmdline.txt',
    },
    {
      what: 'device trees for Pi 3, 4 and 5 are on the boot partition',
      command:
        'cd /boot/firmware && ls bcm2837-rpi-3-b.dtb bcm2837-rpi-3-b-plus.dtb bcm2711-rpi-4-b.dtb bcm2712-rpi-5-b.dtb bcm2712-d-rpi-5-b.dtb',
    },
    {
      what: 'update-initramfs is the packaged one',
      command: 'test -z "$(dpkg-divert --list /usr/sbin/update-initramfs)"',
    },
  ],
});
