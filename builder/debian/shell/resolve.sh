#!/bin/bash
# resolve.sh VIEW STATE ARGUMENTS…: what `apt-get install ARGUMENTS…` would fetch, as apt's --print-uris.
set -euo pipefail

. "${BASH_SOURCE[0]%/*}/apt-conf.sh"
mkdir -p /tmp/archives/partial /tmp/log
apt_conf "$1" "$2" >/tmp/apt.conf
shift 2
APT_CONFIG=/tmp/apt.conf apt-get -qq -y --print-uris -o Debug::NoLocking=true -o Acquire::ForceHash=SHA256 install "$@"
