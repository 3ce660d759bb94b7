# shellcheck shell=bash
# The functions that pi-gen gives its host scripts. Bash reads this file before each script (BASH_ENV).

# Says where a script failed; the builder takes the last of these lines into its report.
hearth_failed_at() {
	printf 'hearth-failed-at:%s:%s\n' "${BASH_SOURCE[1]:-}" "$1" >&2
}
set -o errtrace
trap 'hearth_failed_at "$LINENO"' ERR

# log TEXT…: a line with the time, in the stage's log.
log() {
	printf '[%(%T)T] %s\n' -1 "$*"
}

# on_chroot <<EOF … EOF: the text as a shell script inside the tree, ended by the first failing command.
# on_chroot COMMAND…: one command.
on_chroot() {
	[ "$#" -eq 0 ] || set -- -c '"$@"' bash "$@"
	BASH_ENV=/run/hearth/chroot-environment.sh chroot "${ROOTFS_DIR}" /bin/bash -e "$@"
}

# copy_previous: the tree of the stage before is always in place when a stage begins.
copy_previous() {
	if [ ! -d "${ROOTFS_DIR}" ]; then
		echo "There is no stage before ${STAGE} whose tree could be copied." >&2
		return 1
	fi
}

# bootstrap SUITE FOLDER [MIRROR]: a minimal Debian. The mirror is the build's own; signatures are checked.
bootstrap() {
	[ -z "${3-}" ] || log "The mirror of config.yaml or of this host is used, not ${3}."
	/bin/bash -e "${HEARTH_LIBRARY}/bootstrap.sh" "$1" "$2"
}

# unmount FOLDER: the mounts of a step end with it.
unmount() {
	:
}
