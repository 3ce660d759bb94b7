#!/bin/bash -e

# Members of the group media share one folder: what one writes, all may change.
getent group media >/dev/null || groupadd --system media

install -d -m 755 /srv
folders="$(sed -n 's/^[[:space:]]*path = //p' /etc/samba/smb.conf)"
for folder in ${folders}; do
	install -d -m 2775 -g media "${folder}"
done

# One protocol, one daemon: no NetBIOS names, no domain.
for unit in nmbd winbind samba-ad-dc; do
	if [ -e "/usr/lib/systemd/system/${unit}.service" ]; then
		systemctl --quiet disable "${unit}.service"
	fi
done
systemctl --quiet enable smbd.service wsdd2.service

# An unknown word in smb.conf is only a warning there and a share that misbehaves later.
testparm -s >/dev/null 2>/tmp/testparm.log
if grep -iE 'unknown parameter|ignoring|error|invalid' /tmp/testparm.log; then
	exit 1
fi
rm /tmp/testparm.log

# Secrets and names of this build's run; smbd makes them on the device.
rm -rf /var/lib/samba/private/* /var/cache/samba/* /run/samba
