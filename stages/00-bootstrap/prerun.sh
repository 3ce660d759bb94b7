#!/bin/bash -e

if [ ! -e "${ROOTFS_DIR}/etc/debian_version" ]; then
	bootstrap "${RELEASE}" "${ROOTFS_DIR}"
fi
