#!/bin/bash
# install-packages.sh packages|packages-nr FILE: installs a package list with the tools tree's own apt from outside;
# dpkg and the maintainer scripts run inside the tree.
set -euo pipefail

kind=$1 file=$2
mapfile -t packages < <(sed -e 's/#.*//' "$file" | tr -s '[:space:]' '\n' | sed '/^$/d')
[ "${#packages[@]}" -gt 0 ] || exit 0

state=${WORK_DIR}/apt
mkdir -p "$state/lists/partial" "$state/log" "${ROOTFS_DIR}/var/cache/apt/archives/partial"
mount --bind "$HEARTH_DEBS" "${ROOTFS_DIR}/var/cache/apt/archives"

# The tree's own sources, with this build's mirror in place of the device's, and keyrings taken from the tree.
rm -rf "$state/sources"
mkdir -p "$state/sources/sources.list.d"
: >"$state/sources/sources.list"
cp -a "${ROOTFS_DIR}/etc/apt/sources.list.d/." "$state/sources/sources.list.d/" 2>/dev/null || true
cp -a "${ROOTFS_DIR}/etc/apt/sources.list" "$state/sources/" 2>/dev/null || true
find "$state/sources" -type f -exec sed -i \
	-e "s|${DEBIAN_SECURITY_MIRROR}/*|${HEARTH_SECURITY_MIRROR}/|g" \
	-e "s|${DEBIAN_MIRROR}/*\([[:space:]]\|\$\)|${HEARTH_MIRROR}/\1|g" \
	-e "s|\([Ss]igned-[Bb]y[:=] *\)/|\1${ROOTFS_DIR}/|g" {} +

cat >"$state/apt.conf" <<EOF
Dir "${ROOTFS_DIR}";
Dir::State::lists "$state/lists/";
Dir::Etc::sourcelist "$state/sources/sources.list";
Dir::Etc::sourceparts "$state/sources/sources.list.d/";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Log "$state/log/";
Dir::Bin::methods "/usr/lib/apt/methods";
Dir::Bin::solvers { "/usr/lib/apt/solvers"; };
Dir::Bin::planners { "/usr/lib/apt/planners"; };
APT::Architecture "${HEARTH_ARCH}";
APT::Architectures { "${HEARTH_ARCH}"; };
APT::Sandbox::User "root";
APT::Keep-Downloaded-Packages "true";
Acquire::Languages "none";
Acquire::Retries "3";
DPkg::Chroot-Directory "${ROOTFS_DIR}";
DPkg::Options { "--force-confdef"; "--force-confold"; "--force-unsafe-io"; };
DPkg::Use-Pty "false";
quiet "1";
EOF
cat "$HEARTH_APT_CONF" >>"$state/apt.conf"
export APT_CONFIG="$state/apt.conf"

# Asked once a build, and again when a stage adds sources.
sources=$(find "$state/sources" -type f -exec cat {} + | sha256sum)
if [ "$(cat "$state/updated" 2>/dev/null)" != "$sources" ]; then
	apt-get update --error-on=any
	echo "$sources" >"$state/updated"
fi

recommends=true
[ "$kind" = packages ] || recommends=false
apt-get -y -o APT::Install-Recommends="$recommends" install "${packages[@]}"
