#!/bin/bash -e

# Made anew at each build, and then the same in all devices of an image. Nothing here uses it.
rm -f /etc/ssl/private/ssl-cert-snakeoil.key
if [ -e /etc/ssl/certs/ssl-cert-snakeoil.pem ]; then
	find /etc/ssl/certs -lname '*ssl-cert-snakeoil.pem' -delete
	rm /etc/ssl/certs/ssl-cert-snakeoil.pem
fi
if [ -n "$(ls /etc/ssl/private)" ]; then
	echo "a private key must not be in an image" >&2
	exit 1
fi

# Users of services that no package makes.
systemd-sysusers

# Debian's clusters: there is none, ours is hearth-postgres. Its log folders and timers go with it.
systemctl --quiet disable postgresql.service
# Enabled, and yet they start only once the setup has written what they need.
systemctl --quiet enable hearth-data-address.service hearth-postgres.service hearth-data-guard.service
systemctl --quiet enable pgbouncer.service valkey-server.service postfix.service nginx.service

# Debian's samples name other addresses; the setup's settings are in /etc/hearth/data.
rm -rf /var/lib/valkey/* /var/log/valkey/* /var/log/postgresql/*
