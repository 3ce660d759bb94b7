#!/bin/bash -e

# No password, here or for root: the only way in is a key, or a password that the owner sets.
user="${FIRST_USER_NAME:-hearth}"
home="${ROOTFS_DIR}/home/${user}"
if [ ! -d "${home}" ]; then
	on_chroot useradd --create-home --shell /bin/bash --groups sudo,systemd-journal --password '*' "${user}"
fi
echo "${user} ALL=(ALL) NOPASSWD: ALL" > "${ROOTFS_DIR}/etc/sudoers.d/hearth"
chmod 440 "${ROOTFS_DIR}/etc/sudoers.d/hearth"

if [ -n "${PUBKEY_SSH_FIRST_USER:-}" ]; then
	owner="$(stat -c %u:%g "${home}")"
	install -d -m 700 "${home}/.ssh"
	printf '%s\n' "${PUBKEY_SSH_FIRST_USER}" > "${home}/.ssh/authorized_keys"
	chmod 600 "${home}/.ssh/authorized_keys"
	chown -R "${owner}" "${home}/.ssh"
	systemctl --root="${ROOTFS_DIR}" --quiet enable ssh.service
fi
