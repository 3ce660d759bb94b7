#!/bin/bash -e

# The same group and folder as for the shares of 30-samba: what one puts there, Plex finds.
getent group media >/dev/null || groupadd --system media

media="$(sed -n 's/.*"media": "\(.*\)",/\1/p' /usr/lib/hearth/plex.json)"
install -d -m 755 /srv
for folder in "${media}" "${media}"/{Movies,Music,Photos,TV}; do
	install -d -m 2775 -g media "${folder}"
done

# A program of others would be in every image that is given away.
if [ -e /usr/lib/plexmediaserver ]; then
	echo "Plex Media Server must not be in an image" >&2
	exit 1
fi
