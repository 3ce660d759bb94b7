#!/bin/bash -e

# Made by the builder's own localedef: the files are the same on every little-endian machine.
if [[ "${LOCALE_DEFAULT}" != C.* ]]; then
	# de_DE.UTF-8 comes from de_DE, ca_ES.UTF-8@valencia from ca_ES@valencia.
	I18NPATH="${ROOTFS_DIR}/usr/share/i18n" localedef --prefix="${ROOTFS_DIR}" \
		-i "${LOCALE_DEFAULT/.UTF-8/}" -f UTF-8 "${LOCALE_DEFAULT}"
	echo "${LOCALE_DEFAULT} UTF-8" > "${ROOTFS_DIR}/etc/locale.gen"
fi
ln -sf ../locale.conf "${ROOTFS_DIR}/etc/default/locale"
ln -sf "/usr/share/zoneinfo/${TIMEZONE_DEFAULT}" "${ROOTFS_DIR}/etc/localtime"

# The screen's keymap and font, ready made. The device keeps them only while they are newer than what they were
# made from, and no time in the image is after its date: so the sources get an earlier one.
on_chroot setupcon --save-only --force
touch -d "@$((SOURCE_DATE_EPOCH - 86400))" "${ROOTFS_DIR}"/etc/default/{keyboard,console-setup}

# A board without a battery never wakes up before the day its image was made.
touch -d "@${SOURCE_DATE_EPOCH}" "${ROOTFS_DIR}/usr/lib/clock-epoch"
