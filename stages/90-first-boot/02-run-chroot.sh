#!/bin/bash -e
systemd-sysusers /usr/lib/sysusers.d/hearth-web.conf
# Of page and keeper only the sockets are enabled: the processes run while somebody visits.
systemctl --quiet enable hearth-setup-code.service hearth-web.socket hearth-keeper.socket \
	hearth-card.service hearth-reset.service hearth-apply.service hearth-hotspot.service \
	hearth-console.path hearth-console.timer hearth-backup.timer
# Raspberry Pi Imager asks systemd to run a script of the card at the first start and to restart: the agent reads the
# script instead, in the same start.
mkdir -p /etc/systemd/system-generators
ln -sf /dev/null /etc/systemd/system-generators/systemd-run-generator
