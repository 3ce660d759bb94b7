#!/bin/bash
# shellcheck disable=SC2016 # the hooks are shell text for mmdebstrap
# bootstrap.sh SUITE FOLDER: Debian's required packages and apt for the image's architecture.
set -euo pipefail

suite=$1 target=$2
hook='mkdir -p "$1/.hearth-build/usr" "$1/var/cache/apt/archives"
	mount --rbind /usr "$1/.hearth-build/usr"
	mount --bind "$HEARTH_DEBS" "$1/var/cache/apt/archives"'

mmdebstrap --mode=root --variant=minbase --architectures="$HEARTH_ARCH" --format=directory \
	--skip=check/qemu,check/empty,download/empty,essential/unlink,cleanup/apt/cache,output/dev \
	--aptopt='APT::Sandbox::User "root"' --aptopt='Acquire::Languages "none"' --aptopt="$HEARTH_APT_CONF" \
	--dpkgopt=force-unsafe-io \
	--setup-hook="$hook" \
	--customize-hook='rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap" "$1/etc/dpkg/dpkg.cfg.d/99mmdebstrap"' \
	--customize-hook=': >"$1/etc/resolv.conf"; rm -f "$1/etc/hostname" "$1"/etc/apt/sources.list.d/*bootstrap.list' \
	"$suite" "$target" "$HEARTH_BOOTSTRAP_SOURCES"
# The mounts of the hook are those of mmdebstrap's own mount namespace or ours: both end.
umount -R "$target/.hearth-build/usr" "$target/var/cache/apt/archives" 2>/dev/null || true
rm -r "$target/.hearth-build"
