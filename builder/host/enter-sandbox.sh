#!/bin/sh
# Process 1 of a new user, mount and pid namespace: makes a root file system in which only named folders
# of the host are seen, and starts the command in it. All mounts end with this process, however it ends.
#
#   enter-sandbox.sh EMPTY-FOLDER [--tools DIR] [--tree DIR] [--tree-library DIR] [--dispatcher FILE] [--read PATH] [--write PATH]
#                    [--clock OFFSET] [--cwd DIR] -- COMMAND…
set -eu

root=$1
shift
tools="" tree="" library="" dispatcher="" clock="" cwd=/ reads="" writes=""
newline='
'
while [ "$1" != -- ]; do
	case $1 in
	--tools) tools=$2 ;;
	--tree) tree=$2 ;;
	--tree-library) library=$2 ;;
	--dispatcher) dispatcher=$2 ;;
	--clock) clock=$2 ;;
	--cwd) cwd=$2 ;;
	--read) reads=$reads$2$newline ;;
	--write) writes=$writes$2$newline ;;
	*) echo "enter-sandbox.sh: unknown option $1" >&2 && exit 70 ;;
	esac
	shift 2
done
shift

# Shows a path of the host at the same place below $root.
show() {
	if [ -d "$1" ]; then
		mkdir -p "$root$1"
	else
		mkdir -p "$root${1%/*}"
		[ -e "$root$1" ] || : >"$root$1"
	fi
	mount --rbind "$1" "$root$1"
	# Flags that the host's own mount has can not be dropped in a user namespace, so they are named again.
	[ "$2" = write ] || mount -o remount,bind,ro "$root$1" 2>/dev/null ||
		mount -o remount,bind,ro,nosuid,nodev "$root$1" 2>/dev/null || true
}

# /proc and /dev for a root file system. A container may forbid a new /proc: then the host's is shown.
kernel_folders() {
	mount -t proc proc "$1/proc" 2>/dev/null || mount --rbind /proc "$1/proc"
	mount --rbind /sys "$1/sys"
	mount -t tmpfs -o mode=0755 tmpfs "$1/dev"
	for node in null zero full random urandom tty; do
		: >"$1/dev/$node"
		mount --bind "/dev/$node" "$1/dev/$node"
	done
	mkdir "$1/dev/pts" "$1/dev/shm"
	mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$1/dev/pts" 2>/dev/null ||
		mount --rbind /dev/pts "$1/dev/pts"
	ln -s pts/ptmx "$1/dev/ptmx"
	mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm"
	ln -s /proc/self/fd "$1/dev/fd"
	for stream in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${stream%%:*}" "$1/dev/${stream#*:}"; done
	mount -t tmpfs -o mode=0755 tmpfs "$1/run"
	mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"
}

umask 022
# Nothing that is mounted here may be seen outside.
mount --make-rprivate /
mount -t tmpfs -o mode=0755 tmpfs "$root"

if [ -n "$tools" ]; then
	for folder in usr etc var; do
		mkdir "$root/$folder"
		mount --bind "$tools/$folder" "$root/$folder"
	done
	for link in bin sbin lib lib64; do ln -s "usr/$link" "$root/$link"; done
else
	for folder in /usr /etc /var /bin /sbin /lib /lib64 /opt /root; do
		if [ -L "$folder" ]; then
			ln -s "$(readlink "$folder")" "$root$folder"
		elif [ -d "$folder" ]; then
			mkdir "$root$folder"
			mount --rbind "$folder" "$root$folder"
		fi
	done
fi
mkdir -p "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/tmp" "$root/root"
kernel_folders "$root"
# The name of the host that builds is nobody's business. A container may forbid to change it.
{ echo hearth-build >"$root/proc/sys/kernel/hostname"; } 2>/dev/null || true
if [ -n "$tools" ]; then
	for file in /etc/resolv.conf /etc/hosts; do
		[ ! -e "$file" ] || [ ! -e "$root$file" ] || mount --bind "$(readlink -f "$file")" "$root$file"
	done
elif [ -L /etc/resolv.conf ]; then
	target=$(readlink -f /etc/resolv.conf)
	case $target in /run/*) mkdir -p "$root${target%/*}" && : >"$root$target" && mount --bind "$target" "$root$target" ;; esac
fi

IFS=$newline
for path in $reads; do show "$path" read; done
for path in $writes; do show "$path" write; done
unset IFS

if [ -n "$dispatcher" ]; then
	# Since Linux 6.7 each user namespace has binfmt_misc handlers of its own. F opens the dispatcher now, so
	# that it is found in any chroot; P hands it the original argv[0]. The magic is that of an AArch64 ELF file.
	mount -t binfmt_misc binfmt_misc "$root/proc/sys/fs/binfmt_misc"
	printf '%s' ':hearth:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:'"$dispatcher"':PF' \
		>"$root/proc/sys/fs/binfmt_misc/register"
fi

if [ -n "$tree" ]; then
	kernel_folders "$root$tree"
	[ -z "$dispatcher" ] || mount --rbind "$root/proc/sys/fs/binfmt_misc" "$root$tree/proc/sys/fs/binfmt_misc"
	mkdir -p "$root$tree/.hearth-build"
	mount --rbind "$tools" "$root$tree/.hearth-build"
	if [ -n "$library" ]; then
		mkdir "$root$tree/run/hearth"
		mount --bind "$library" "$root$tree/run/hearth"
	fi
	if [ -f "$root$tree/etc/resolv.conf" ] && [ ! -L "$root$tree/etc/resolv.conf" ]; then
		mount --bind "$(readlink -f /etc/resolv.conf)" "$root$tree/etc/resolv.conf"
	fi
fi

# pivot_root, not only chroot: the host's tree must be out of reach, and mmdebstrap looks at mounts.
mkdir "$root/.host"
cd "$root"
pivot_root . .host
umount -l /.host
rmdir /.host
cd "$cwd"
if [ -n "$clock" ]; then
	# The same path holds inside the tree. Each loader puts the folder of its own architecture in place of $LIB.
	ln -s . /.hearth-build
	# shellcheck disable=SC2016
	export LD_PRELOAD='/.hearth-build/usr/$LIB/faketime/libfaketime.so.1' FAKETIME="$clock"
	# Times of files stay what the kernel and the packages say: not all ways to read and set them are shifted.
	export NO_FAKE_STAT=1 FAKETIME_DISABLE_SHM=1 DONT_FAKE_MONOTONIC=1
fi
exec "$@"
