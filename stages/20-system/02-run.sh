#!/bin/bash -e

# Each device makes its own.
rm -f "${ROOTFS_DIR}"/etc/ssh/ssh_host_* "${ROOTFS_DIR}/var/lib/dbus/machine-id" "${ROOTFS_DIR}/var/lib/systemd/random-seed"
echo uninitialized > "${ROOTFS_DIR}/etc/machine-id"

chmod 600 "${ROOTFS_DIR}"/etc/NetworkManager/system-connections/*

units=(--root="${ROOTFS_DIR}" --quiet)
systemctl "${units[@]}" enable nftables.service hearth-grow-root.service hearth-ssh-host-keys.service
# Waiting for a network would hold up the boot of a device without a cable; the upgrade helper keeps 20 MB
# of memory to guard a shutdown that a power cut does not announce.
systemctl "${units[@]}" disable NetworkManager-wait-online.service unattended-upgrades.service
systemctl "${units[@]}" disable e2scrub_all.timer e2scrub_reap.service ssh.service sshd-keygen.service

# Already done while packages were installed; doing it again would only make the first boot slow.
systemctl "${units[@]}" mask ldconfig.service systemd-journal-catalog-update.service
# Holds up everything, to let the kernel start .pyc files as programs.
systemctl "${units[@]}" mask systemd-binfmt.service
# systemd would open SSH on local sockets although SSH is off.
mkdir -p "${ROOTFS_DIR}/etc/systemd/system-generators"
ln -sf /dev/null "${ROOTFS_DIR}/etc/systemd/system-generators/systemd-ssh-generator"
