#!/bin/bash -e

# They lead nowhere until k3s is there; in a slim image the setup fetches it.
install -d -m 755 "${ROOTFS_DIR}/usr/local/bin"
for name in kubectl crictl ctr; do
	ln -sfn k3s "${ROOTFS_DIR}/usr/local/bin/${name}"
done

# k3s notes here which archives it has imported, but only if the file is there: without it, each start imports all again.
images="${ROOTFS_DIR}/var/lib/rancher/k3s/agent/images"
install -d -m 755 "${images}"
: > "${images}/.cache.json"
chmod 600 "${images}/.cache.json"

# The device is announced to people, not to its own containers.
avahi="${ROOTFS_DIR}/etc/avahi/avahi-daemon.conf"
sed -i '/cni0/! s/^deny-interfaces=.*/&,cni0,flannel.1/' "${avahi}"
grep -q '^deny-interfaces=.*cni0' "${avahi}"

systemctl --root="${ROOTFS_DIR}" --quiet enable k3s.service
