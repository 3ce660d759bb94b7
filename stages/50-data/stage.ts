import { defineStage } from '../../builder/stage/define.ts';

const services = 'hearth-postgres pgbouncer valkey-server';

/** Holds only once the setup has switched the data services on; before that, the check is good. */
function whenOn(command: string): string {
  return `test ! -e /etc/hearth/data/valkey.conf || test ! -e /var/lib/hearth/data/on || { ${command}; }`;
}

export const stage = defineStage({
  summary: 'PostgreSQL, PgBouncer, Valkey and Postfix, off until the setup; nginx as the front door',
  checks: [
    {
      what: 'the data services do not run before the setup has switched them on',
      command: `test -e /var/lib/hearth/data/on || for unit in ${services} hearth-data-address hearth-data-guard; do test "$(systemctl is-active $unit)" = inactive || exit 1; done`,
    },
    {
      what: 'the data services are waiting for the setup',
      command: `for unit in ${services} hearth-data-address hearth-data-guard; do test "$(systemctl is-enabled $unit)" = enabled && test "$(systemctl show -P LoadState $unit)" = loaded || exit 1; done`,
    },
    {
      what: "Debian's own database does not run",
      command: 'test "$(systemctl is-enabled postgresql)" = disabled && test -z "$(ls -A /etc/postgresql)"',
    },
    { what: 'no private key came with the image', command: 'test -z "$(ls -A /etc/ssl/private)"' },
    {
      what: 'the data services are open to containers, and to nobody in the home network',
      command:
        'nft list set inet hearth pod_tcp_in | grep -qw 6432 && ! nft list set inet hearth tcp_in | grep -qwE "25|5432|6379|6432"',
    },
    {
      what: 'the data services run, once they are switched on',
      command: whenOn(`for unit in ${services}; do systemctl is-active $unit || exit 1; done`),
    },
    {
      what: 'the data services listen on addresses of the device itself only',
      command: whenOn(
        `! ss -Hltn | awk '{ print $4 }' | grep -E ":(5432|6379|6432)$" | grep -vE "^(127\\.0\\.0\\.1|10\\.44\\.0\\.1):"`,
      ),
    },
    {
      what: 'only root reads the passwords of the data services',
      command:
        'test ! -e /var/lib/hearth/data.json || test "$(stat -c %U:%a /var/lib/hearth/data.json)" = root:600',
    },
  ],
});
