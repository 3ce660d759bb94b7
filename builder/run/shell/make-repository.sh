#!/bin/bash
# make-repository.sh FOLDER SUITE: makes an archive of the packages in FOLDER/pool that apt can read.
set -euo pipefail

cd "$1"
index="dists/$2/main/binary-${HEARTH_ARCH}"
mkdir -p "$index" pool/partial
apt-ftparchive packages pool >"$index/Packages"
apt-ftparchive -o APT::FTPArchive::Release::Suite="$2" -o APT::FTPArchive::Release::Codename="$2" \
	-o APT::FTPArchive::Release::Components=main -o APT::FTPArchive::Release::Architectures="${HEARTH_ARCH}" \
	release "dists/$2" >/tmp/Release
mv /tmp/Release "dists/$2/Release"
