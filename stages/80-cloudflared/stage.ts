import { z } from 'zod';
import { defineStage } from '../../builder/stage/define.ts';

const cloudflared = z.strictObject({
  api: z
    .string()
    .regex(/^https?:\/\/[a-z0-9.:-]+(?:\/[a-z0-9._-]+)*$/, {
      error: 'must be an address without a slash at its end, like https://api.cloudflare.com/client/v4',
    })
    .default('https://api.cloudflare.com/client/v4')
    .meta({ description: "Address of Cloudflare's API. Only tests have another one." }),
});

const unit = 'cloudflared.service';

export const stage = defineStage({
  summary: 'Cloudflare Tunnel: reached from the Internet without a port forward, once the owner gave a token',
  config: { key: 'cloudflared', schema: cloudflared },
  artifacts: [{ name: 'cloudflared', path: '/usr/local/bin/cloudflared', mode: 0o755 }],
  checks: [
    { what: 'the tunnel would come up with the device', command: `systemctl is-enabled ${unit}` },
    {
      what: 'no tunnel is open before somebody set it up',
      command: `test -e /var/lib/hearth/tunnel/token || test "$(systemctl is-active ${unit})" = inactive`,
    },
    {
      what: 'systemd understands the unit',
      command: `test "$(systemctl show -P LoadState ${unit})" = loaded`,
    },
    {
      what: 'the token is neither in the arguments nor in the environment of the tunnel',
      command: `! systemctl show ${unit} -P ExecStart -P Environment | grep -q eyJ && pid=$(systemctl show -P MainPID ${unit}) && { test "$pid" = 0 || ! tr '\\0' '\\n' < "/proc/$pid/environ" | cat - "/proc/$pid/cmdline" | grep -q eyJ; }`,
    },
  ],
});
