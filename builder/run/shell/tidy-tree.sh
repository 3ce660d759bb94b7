#!/bin/bash
# tidy-tree.sh TREE: removes what an installation leaves that tells of its time or makes one machine: none of it is
# part of an image, and without it the same packages give the same layer.
set -euo pipefail
shopt -s nullglob

cd "$1"
rm -f var/log/{dpkg,alternatives,bootstrap,fontconfig}.log var/log/apt/* var/cache/apt/*.bin var/cache/ldconfig/aux-cache \
	var/cache/debconf/*-old var/lib/dpkg/*-old etc/{passwd,shadow,group,gshadow,subuid,subgid}- etc/ssh/ssh_host_* \
	var/lib/systemd/{random-seed,credential.secret}
# Each device makes its own (machine-id(5)).
if [ -e etc/machine-id ]; then
	echo uninitialized >etc/machine-id
	[ -L var/lib/dbus/machine-id ] || rm -f var/lib/dbus/machine-id
fi
