#!/bin/bash -e

rm "${ROOTFS_DIR}/usr/sbin/update-initramfs"
on_chroot dpkg-divert --local --rename --remove /usr/sbin/update-initramfs

rm -f "${ROOTFS_DIR}/etc/default/raspi-firmware.dpkg-dist"
sed -i "s/@DISK_ID@/${HEARTH_DISK_ID}/" "${ROOTFS_DIR}/etc/default/raspi-firmware"
cat > "${ROOTFS_DIR}/etc/fstab" <<FSTAB
PARTUUID=${HEARTH_DISK_ID}-02 /              ext4 defaults,noatime,errors=remount-ro 0 1
PARTUUID=${HEARTH_DISK_ID}-01 /boot/firmware vfat defaults,noatime,flush,umask=0077,nofail 0 2
FSTAB

# Also runs raspi-firmware's own hook, as on the device: it fills /boot/firmware.
release="$(basename "${ROOTFS_DIR}"/usr/lib/modules/*)"
on_chroot update-initramfs -c -k "${release}"
