#!/bin/bash
# install-packages.sh packages|packages-nr FILE: installs a package list with the tools tree's own apt from outside;
# dpkg and the maintainer scripts run inside the tree. The packages are those of HEARTH_REPOSITORY, and no others.
set -euo pipefail

kind=$1 file=$2
# The repository has one version of each package, so that of name/suite or name=version is decided already.
mapfile -t packages < <(sed -e 's/#.*//' "$file" | tr -s '[:space:]' '\n' | sed -e 's/[/=].*//' -e '/^$/d')
[ "${#packages[@]}" -gt 0 ] || exit 0

/bin/bash "${HEARTH_LIBRARY}/make-repository.sh" "$HEARTH_REPOSITORY" "$HEARTH_SUITE"
state=/tmp/apt
mkdir -p "$state/lists/partial" "$state/log" "$state/sources.list.d" "${ROOTFS_DIR}/var/cache/apt/archives/partial"
mount --bind "$HEARTH_REPOSITORY/pool" "${ROOTFS_DIR}/var/cache/apt/archives"
# Signatures were checked when the archive was asked; these are the packages that it named.
echo "deb [trusted=yes] copy:$HEARTH_REPOSITORY $HEARTH_SUITE main" >"$state/sources.list"

# The tree's own settings, but not debconf's questions before all: nobody is there to answer, and each package asks
# again when it is configured.
cp -a "${ROOTFS_DIR}/etc/apt/apt.conf.d" "$state/conf.d" 2>/dev/null || mkdir "$state/conf.d"
rm -f "$state/conf.d/70debconf"

cat >"$state/apt.conf" <<EOF
Dir "${ROOTFS_DIR}";
Dir::State::lists "$state/lists/";
Dir::Etc::sourcelist "$state/sources.list";
Dir::Etc::sourceparts "$state/sources.list.d/";
Dir::Etc::parts "$state/conf.d/";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
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
DPkg::Chroot-Directory "${ROOTFS_DIR}";
DPkg::Options { "--force-confdef"; "--force-confold"; "--force-unsafe-io"; };
DPkg::Use-Pty "false";
quiet "1";
EOF
export APT_CONFIG="$state/apt.conf"

apt-get -q update
recommends=true
[ "$kind" = packages ] || recommends=false
apt-get -y -o APT::Install-Recommends="$recommends" install "${packages[@]}"

# What was decided is what is there now, to the last package.
missing=0
for deb in "$HEARTH_REPOSITORY"/pool/*.deb; do
	[ -e "$deb" ] || continue
	IFS=_ read -r name version architecture <<<"$(basename "$deb" .deb)"
	installed=$(dpkg-query --admindir="${ROOTFS_DIR}/var/lib/dpkg" -W -f '${Version} ${db:Status-Status}' "$name:$architecture" 2>/dev/null || true)
	[ "$installed" = "${version//%3a/:} installed" ] && continue
	echo "E: ${name} ${version//%3a/:} was decided on, but apt did not install it (it is: ${installed:-not there})" >&2
	missing=1
done
[ "$missing" = 0 ] || exit 1
/bin/bash "${HEARTH_LIBRARY}/tidy-tree.sh" "$ROOTFS_DIR"
