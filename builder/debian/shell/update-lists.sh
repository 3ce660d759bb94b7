#!/bin/bash
# update-lists.sh VIEW STATE: asks the archives of STATE/etc/apt what they have; keyrings are those of VIEW.
set -euo pipefail

. "${BASH_SOURCE[0]%/*}/apt-conf.sh"
mkdir -p /tmp/archives/partial /tmp/log "$2/etc/apt/sources.list.d"
[ -e "$2/etc/apt/sources.list" ] || : >"$2/etc/apt/sources.list"
apt_conf "$1" "$2" >/tmp/apt.conf
export APT_CONFIG=/tmp/apt.conf
apt-get update --error-on=any
rm -rf "$2/lists/partial" "$2/lists/lock" "$2/lists/auxfiles"
