import { z } from 'zod';
import { defineStage } from '../../builder/stage/define.ts';

const images = '/var/lib/rancher/k3s/agent/images';

/** For tests: where the Internet is played. Empty: nobody plays. */
const playedAt = (what: string) =>
  z
    .string()
    .regex(/^(?:https?:\/\/[a-z0-9.:[\]-]+)?$/, {
      error: 'must be an address without a path, like http://10.0.2.2:8080, or empty',
    })
    .default('')
    .meta({ description: `${what} Only tests have one.` });

const mastodon = z.strictObject({
  profile: z.enum(['auto', 'one', 'three', 'seven']).default('auto').meta({
    description:
      'Into how many Sidekiq processes the work is split. auto: by the memory of the device (up to 4 GB one, 8 GB three, 16 GB seven).',
  }),
  resolver: z
    .string()
    .regex(/^https?:\/\/[a-z0-9.:-]+(?:\/[a-z0-9._-]+)*$/, {
      error: 'must be an address without a slash at its end, like https://cloudflare-dns.com/dns-query',
    })
    .default('https://cloudflare-dns.com/dns-query')
    .meta({
      description:
        'Public resolver that answers over HTTPS in JSON: the doctor asks it, since routers often have names of their own.',
    }),
  edge: playedAt('Address at which all public names are reached, without TLS.'),
  files: playedAt('Address at which the host of the media is reached.'),
});

export const stage = defineStage({
  summary:
    'Mastodon in the cluster, with its data on the device; off until the owner answers the questions about it',
  config: { key: 'mastodon', schema: mastodon },
  artifacts: [
    { name: 'mastodon', path: `${images}/70-mastodon-@DIGEST@.tar.zst` },
    { name: 'mastodon-streaming', path: `${images}/70-mastodon-streaming-@DIGEST@.tar.zst` },
  ],
  checks: [
    {
      what: 'the settings of Mastodon can be read',
      command: `node -e 'JSON.parse(require("fs").readFileSync("/usr/lib/hearth/mastodon.json", "utf8"))'`,
    },
    {
      what: 'another server is asked once a day, as soon as Mastodon runs',
      command: 'test "$(systemctl is-enabled hearth-mastodon-outgoing.timer)" = enabled',
    },
    {
      what: 'no site of Mastodon is open before somebody set it up',
      command:
        'test -e /var/lib/hearth/mastodon/release.json || test ! -e /etc/nginx/hearth.d/70-mastodon.conf',
    },
    {
      what: "only root reads Mastodon's keys and the owner's password",
      command:
        'for file in /var/lib/hearth/mastodon/keys.json /var/lib/hearth/mastodon/owner.json /var/lib/hearth/mastodon/owner-password; do test ! -e "$file" || test "$(stat -c %U:%a "$file")" = root:600 || exit 1; done',
    },
  ],
});
