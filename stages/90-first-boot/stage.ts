import { defineStage } from '../../builder/stage/define.ts';

/** Asks for the page in the guest, with no other program than bash: $1 is the Host header. */
const ask = `ask() { bash -c 'exec 3<>/dev/tcp/127.0.0.1/80; printf "GET / HTTP/1.1\\r\\nHost: %s\\r\\nConnection: close\\r\\n\\r\\n" "$0" >&3; cat <&3' "$1"; };`;

const store = '/var/lib/hearth/setup-code';

export const stage = defineStage({
  summary: 'Setup code of the device, and its page on port 80',
  reads: ['image.name', 'image.date'],
  bundles: [{ entry: 'agent/main.ts', target: '/usr/lib/hearth/agent.mjs' }],
  checks: [
    {
      what: 'the setup code is there and only for root',
      command: `test "$(stat -c %U:%a ${store})" = root:600 && test "$(stat -c %U:%a /var/lib/hearth)" = root:700 && grep -Eqx '[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}' ${store}`,
    },
    {
      what: 'SETUP-CODE.txt on the FAT partition has the same code',
      command: `test "$(stat -fc %T /boot/firmware)" = msdos && grep -qF "$(cat ${store})" /boot/firmware/SETUP-CODE.txt`,
    },
    {
      what: 'the login prompt shows the code',
      command: `grep -qF "$(cat ${store})" /run/issue.d/90-hearth.issue`,
    },
    {
      what: 'the page answers, and does not tell the code',
      command: `${ask} page=$(ask localhost); printf '%s' "$page" | head -n 1 | grep -q ' 200 ' && ! printf '%s' "$page" | grep -qF "$(cat ${store})"`,
    },
    {
      what: 'the page knows the state of the services',
      command: `${ask} page=$(ask localhost); printf '%s' "$page" | grep -q 'class="state running"' && ! printf '%s' "$page" | grep -q 'class="state unknown"'`,
    },
    {
      what: 'the page does not answer to a foreign name',
      command: `${ask} ask rebind.example.org | head -n 1 | grep -q ' 421 '`,
    },
    {
      what: 'the web process has no rights and can not see the code',
      command: `${ask} ask localhost > /dev/null; pid=$(systemctl show -P MainPID hearth-web.service); test "$pid" -gt 0 && test "$(stat -c %U "/proc/$pid")" = hearth-web && grep -Eq '^CapEff:\\s+0+$' "/proc/$pid/status" && ! test -e "/proc/$pid/root${store}" && ! test -e "/proc/$pid/root/boot/firmware/SETUP-CODE.txt"`,
    },
    {
      what: 'the journal does not have the code',
      command: `! journalctl --boot --no-pager | grep -qF "$(cat ${store})"`,
    },
  ],
});
