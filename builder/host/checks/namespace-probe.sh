#!/bin/sh
# Tries what every step of a build does, as root of a new user and mount namespace, and says how far it came: one line
# "did NAME" for each thing that worked. Standard input is a tar of sample files.
#
#   namespace-probe.sh EMPTY-FOLDER [FOLDER]     FOLDER: made, filled and removed again
set -u

mount --make-rprivate / || exit 1
mount -t tmpfs -o mode=0755 tmpfs "$1" || exit 1
mkdir "$1/bind" && mount --rbind /usr "$1/bind" || exit 1
echo "did mounts"

[ $# -gt 1 ] || exit 0
mkdir "$2" || exit 0
echo "did folder"
trap 'rm -rf "$2"' EXIT
cd "$2" || exit 0
# Few programs: this runs before each build.
errors=$(tar --extract --same-owner --same-permissions --xattrs --xattrs-include='*' 2>&1)
echo "$errors" >&2
case $errors in *xattr* | *'extended attribute'*) ;; *) echo "did capabilities" ;; esac
found=" $(stat -c '%n=%u:%g:%a:%h' owner mode program 2>/dev/null | tr '\n' ' ')"
case $found in *' owner=1:65534:'*) echo "did owners" ;; esac
case $found in *' mode='*':4750:1 '*) echo "did modes" ;; esac
case $found in *' program='*':2 '*) echo "did hardLinks" ;; esac
[ -L symbolic ] && [ -s symbolic ] && echo "did symbolicLinks"
[ -s case ] && [ -e CASE ] && [ ! -s CASE ] && echo "did letterCase"
./program 2>/dev/null && echo "did programs"
exit 0
