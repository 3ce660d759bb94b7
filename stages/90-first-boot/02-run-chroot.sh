#!/bin/bash -e
systemd-sysusers /usr/lib/sysusers.d/hearth-web.conf
# Only the socket is enabled: the web process runs when somebody visits.
systemctl enable hearth-setup-code.service hearth-web.socket
