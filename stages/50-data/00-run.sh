#!/bin/bash -e

# The setup makes the cluster, in its own place: Debian's would be the same in every device, with the build's keys.
folder="${ROOTFS_DIR}/etc/postgresql-common/createcluster.d"
install -d -m 755 "${folder}"
printf 'create_main_cluster = false\nssl = off\n' > "${folder}/hearth.conf"
