#!/bin/bash -e

# They do nothing on a device without Mastodon.
systemctl --root="${ROOTFS_DIR}" --quiet enable hearth-mastodon-outgoing.timer hearth-mastodon-upgrade.service
