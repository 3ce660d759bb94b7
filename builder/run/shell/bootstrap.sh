#!/bin/bash
# shellcheck disable=SC2016 # the hooks are shell text for mmdebstrap
# bootstrap.sh SUITE FOLDER: Debian's required packages and apt for the image's architecture.
set -euo pipefail

suite=$1 target=$2
if [ -z "${HEARTH_REPOSITORY:-}" ] || [ "$suite" != "$HEARTH_SUITE" ]; then
	echo "bootstrap works in prerun.sh of the first stage, and for the suite of config.yaml ($HEARTH_SUITE) only." >&2
	exit 1
fi
/bin/bash "${HEARTH_LIBRARY}/make-repository.sh" "$HEARTH_REPOSITORY" "$suite"
hook='mkdir -p "$1/.hearth-build/usr" "$1/var/cache/apt/archives"
	mount --rbind /usr "$1/.hearth-build/usr"
	mount --bind "$HEARTH_REPOSITORY/pool" "$1/var/cache/apt/archives"'
# Signatures were checked when the archive was asked; these are the packages that it named.
echo "deb [trusted=yes] copy:$HEARTH_REPOSITORY $suite main" >"$HEARTH_REPOSITORY/bootstrap.list"

mmdebstrap --mode=root --variant=minbase --architectures="$HEARTH_ARCH" --format=directory \
	--skip=check/qemu,check/empty,download/empty,essential/unlink,cleanup/apt/cache,output/dev \
	--aptopt='APT::Sandbox::User "root"' --aptopt='Acquire::Languages "none"' \
	--dpkgopt=force-unsafe-io \
	--setup-hook="$hook" \
	--customize-hook='rm -f "$1/etc/apt/apt.conf.d/99mmdebstrap" "$1/etc/dpkg/dpkg.cfg.d/99mmdebstrap"' \
	--customize-hook=': >"$1/etc/resolv.conf"; rm -f "$1/etc/hostname" "$1"/etc/apt/sources.list.d/*bootstrap.list' \
	"$suite" "$target" "$HEARTH_REPOSITORY/bootstrap.list"
# The mounts of the hook are those of mmdebstrap's own mount namespace or ours: both end.
umount -R "$target/.hearth-build/usr" "$target/var/cache/apt/archives" 2>/dev/null || true
rm -r "$target/.hearth-build"
/bin/bash "${HEARTH_LIBRARY}/tidy-tree.sh" "$target"
