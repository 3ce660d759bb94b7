#!/bin/bash
# take-view.sh TREE VIEW: copies what apt's decisions depend on, so that they can be made again without the tree.
set -euo pipefail

cd "$1"
for path in etc/apt usr/share/keyrings var/lib/dpkg/status var/lib/dpkg/arch var/lib/apt/extended_states; do
	[ ! -e "$path" ] || cp -a --parents "$path" "$2"
done
mkdir -p "$2/etc/apt/sources.list.d" "$2/etc/apt/preferences.d" "$2/etc/apt/apt.conf.d" "$2/var/lib/dpkg" "$2/var/lib/apt"
# Hooks and proxies of the tree are for the device.
rm -rf "$2/etc/apt/auth.conf" "$2/etc/apt/auth.conf.d"
chmod -R u=rwX,go=rX "$2"
