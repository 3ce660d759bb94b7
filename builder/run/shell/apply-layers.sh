#!/bin/bash
# apply-layers.sh TREE LISTING FOLDER…: lays layers over TREE, one after the other, and lists the result in LISTING.
set -euo pipefail

export LC_ALL=C
. "${BASH_SOURCE[0]%/*}/list-tree.sh"
tree=$1 listing=$2
shift 2
cd "$tree"
for folder in "$@"; do
	xargs -0 -r rm -rf --one-file-system --preserve-root=all -- <"$folder/removed"
	tar --extract --file="$folder/layer.tar.zst" --use-compress-program='zstd -q -d -T0' --numeric-owner --same-owner \
		--preserve-permissions --xattrs --xattrs-include='*'
done
list_tree | sort -z >"$listing"
