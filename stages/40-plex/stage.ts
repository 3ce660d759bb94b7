import { z } from 'zod';
import { defineStage } from '../../builder/stage/define.ts';

const folder = z.string().regex(/^\/srv(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*)+$/, {
  error: 'must be a folder below /srv: letters, digits, - and _',
});

const plex = z.strictObject({
  path: folder.default('/srv/media').meta({
    description: 'Folder of the media. The same as `samba.path`, so that Plex finds what others put there.',
  }),
  transcodeMemory: z
    .string()
    .regex(/^(?:[1-9][0-9]?%|[1-9][0-9]*[MG])$/, 'a share of the memory like 25%, or a size like 512M')
    .default('25%')
    .meta({
      description: 'How much memory Plex may use for films that it converts, if `transcodePath` is not set.',
    }),
  transcodePath: z
    .union([z.literal(''), folder])
    .default('')
    .meta({
      description:
        'Folder on an SSD for films that Plex converts. Empty: in memory, as it would wear a card out.',
    }),
  accounts: z
    .url({ protocol: /^https?$/, error: 'must be an address that begins with https://' })
    .regex(/[^/]$/, 'must not end in /')
    .default('https://plex.tv')
    .meta({ description: "Where claim codes are exchanged: Plex's own address, but in tests." }),
});

/** The device of a boot test has no account at Plex, so Plex is not installed there: what waits for it is looked at. */
export const stage = defineStage({
  summary: 'Plex: installed by the device once the owner accepts its terms',
  config: { key: 'plex', schema: plex },
  artifacts: [{ name: 'plex', path: '/usr/lib/hearth/plex/plexmediaserver.deb' }],
  checks: [
    {
      what: 'the image brings no Plex',
      command: 'test -e /var/lib/hearth/plex-ready || ! test -e /usr/lib/plexmediaserver',
    },
    {
      what: 'Plex does not start before it is set up',
      command: 'test -e /var/lib/hearth/plex-ready || ! systemctl is-active plexmediaserver.service',
    },
    {
      what: 'the ports of Plex are closed before it is set up',
      command: 'test -e /var/lib/hearth/plex-ready || ! nft list chain inet hearth input | grep -qw 32400',
    },
    {
      what: 'the folders for media belong to the group media',
      command:
        'folder="$(sed -n \'s/.*"media": "\\(.*\\)",/\\1/p\' /usr/lib/hearth/plex.json)"; for one in "$folder" "$folder/Music"; do test "$(stat -c %G:%a "$one")" = media:2775 || exit 1; done',
    },
  ],
});
