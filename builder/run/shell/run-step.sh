#!/bin/bash
# run-step.sh KIND FILE: one step of a stage, inside the sandbox. Its mounts end with the sandbox.
set -euo pipefail

kind=$1 file=$2
tree_is_there() { [ -d "${ROOTFS_DIR}/usr" ]; }

# Nothing may start a service while packages are installed (policy-rc.d interface of invoke-rc.d).
if tree_is_there && [ ! -e "${ROOTFS_DIR}/usr/sbin/policy-rc.d" ]; then
	printf '#!/bin/sh\nexit 101\n' >"${ROOTFS_DIR}/usr/sbin/policy-rc.d"
	chmod +x "${ROOTFS_DIR}/usr/sbin/policy-rc.d"
	trap 'rm -f "${ROOTFS_DIR}/usr/sbin/policy-rc.d"' EXIT
fi

as_script() {
	BASH_ENV="${HEARTH_LIBRARY}/step-library.sh" "$@"
}

case $kind in
prerun | run)
	as_script "$file"
	;;
run-chroot)
	BASH_ENV=/run/hearth/chroot-environment.sh chroot "${ROOTFS_DIR}" /bin/bash -e <"$file"
	;;
debconf)
	chroot "${ROOTFS_DIR}" debconf-set-selections <"$file"
	;;
packages | packages-nr)
	/bin/bash "${HEARTH_LIBRARY}/install-packages.sh" "$kind" "$file"
	;;
patches)
	# Paths in pi-gen's patches begin with rootfs/, below the stage's work folder.
	cd "${STAGE_WORK_DIR}"
	export QUILT_PATCHES="$file" QUILT_NO_DIFF_INDEX=1 QUILT_NO_DIFF_TIMESTAMPS=1 QUILT_REFRESH_ARGS='-p ab'
	rm -rf .pc
	quilt --quiltrc=- upgrade >/dev/null 2>&1 || true
	status=0
	quilt --quiltrc=- push -a || status=$?
	# 2: nothing to apply
	[ "$status" = 0 ] || [ "$status" = 2 ] || exit "$status"
	rm -rf .pc
	;;
esac
