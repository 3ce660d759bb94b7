#!/bin/bash -e

cd "${ROOTFS_DIR}"

# What the bootstrap took from the machine that builds.
rm -f etc/apt/sources.list etc/apt/apt.conf.d/99mmdebstrap etc/hostname

# The lean overlay tells dpkg to leave these out; the essential packages were unpacked before it was there.
find usr/share/doc -type f ! -name copyright -delete
find usr/share/doc -type d -empty -delete
find usr/share/man usr/share/info usr/share/locale -mindepth 1 -maxdepth 1 ! -name locale.alias -exec rm -rf {} +

# The device asks Debian's public archive, whichever mirror this build uses.
sed -i "s|@DEBIAN_MIRROR@|${DEBIAN_MIRROR}|; s|@DEBIAN_SECURITY_MIRROR@|${DEBIAN_SECURITY_MIRROR}|" \
	etc/apt/sources.list.d/debian.sources
