#!/bin/bash
# pack-layer.sh TREE LISTING FOLDER EPOCH: writes what changed in TREE since LISTING was made to FOLDER/layer.tar.zst
# and FOLDER/removed, and the new listing to LISTING. Names are sorted and times not later than EPOCH, so the same
# change gives the same bytes.
set -euo pipefail

export LC_ALL=C
. "${BASH_SOURCE[0]%/*}/list-tree.sh"
tree=$1 listing=$2 folder=$3 epoch=$4
now=/tmp/listing changed=/tmp/changed

cd "$tree"
list_tree | sort -z >"$now"
# A folder that became a link, or a link that became a folder, has to go before the new one can come.
comm -z -23 <(cut -z -f2- "$listing" | sort -z) <(cut -z -f2- "$now" | sort -z) | cut -z -c3- | sort -z >"$folder/removed"
# The top is always there: moving the tree from stage to stage changes it.
{ comm -z -13 "$listing" "$now" | cut -z -f2- | cut -z -c3-; printf '.\0'; } | sort -z -u >"$changed"
# Extended attributes are kept, POSIX ACLs not: systemd-tmpfiles sets those at boot.
tar --create --null --no-recursion --verbatim-files-from --files-from="$changed" --numeric-owner --format=posix \
	--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime --mtime="@$epoch" --clamp-mtime \
	--xattrs --xattrs-include='*' --xattrs-exclude='system.*' | zstd -q -T0 -1 >"$folder/layer.tar.zst"
mv "$now" "$listing"
