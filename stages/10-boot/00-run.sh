#!/bin/bash -e

# Kernel, firmware and udev would each have the initramfs made anew while they are installed. A stand-in
# keeps them from it; 02-run.sh puts the real program back and makes the initramfs once.
on_chroot dpkg-divert --local --rename --add /usr/sbin/update-initramfs
ln -sf /bin/true "${ROOTFS_DIR}/usr/sbin/update-initramfs"
