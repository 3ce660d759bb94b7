#!/bin/bash
# tar-tree.sh TREE EPOCH: the whole tree as one canonical tar, for the image.
set -euo pipefail

tar --create --sort=name --numeric-owner --format=posix --pax-option=delete=atime,delete=ctime --mtime="@$2" \
	--clamp-mtime --xattrs --xattrs-include='*' --xattrs-exclude='system.*' --one-file-system --directory="$1" . |
	bsdtar -cf - --format=pax --options=pax:xattrheader=LIBARCHIVE @-
