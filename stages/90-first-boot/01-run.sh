#!/bin/bash -e
# What the device's page tells about its software.
set -u

install -d -m 0755 "$ROOTFS_DIR/etc/hearth"
printf 'HEARTH_VERSION=%s\nIMAGE_NAME=%s\nIMAGE_DATE=%s\n' "$HEARTH_VERSION" "$IMG_NAME" "$IMG_DATE" \
	> "$ROOTFS_DIR/etc/hearth/release"
chmod 0644 "$ROOTFS_DIR/etc/hearth/release"
