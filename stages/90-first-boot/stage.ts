import { defineStage } from '../../builder/stage/define.ts';

/** Asks for the page in the guest, with no other program than bash: $1 is the Host header. */
const ask = `ask() { bash -c 'exec 3<>/dev/tcp/127.0.0.1/80; printf "GET / HTTP/1.1\\r\\nHost: %s\\r\\nConnection: close\\r\\n\\r\\n" "$0" >&3; cat <&3' "$1"; };`;

const store = '/var/lib/hearth/setup-code';

const keeper = '/run/hearth/keeper.sock';

export const stage = defineStage({
  summary: 'Setup page on port 80 with all that stands behind it, status page, hearthctl, setup hotspot',
  reads: ['image.name', 'image.date'],
  overlays: ['imager', 'hotspot'],
  // Libraries are bundled with the agent: the lock says which versions.
  inputs: ['../../package-lock.json'],
  bundles: [{ entry: 'agent/main.ts', collects: 'setup.ts', target: '/usr/lib/hearth/agent.mjs' }],
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
      what: 'the page answers, asks for the code, and does not tell it',
      command: `${ask} page=$(ask localhost); printf '%s' "$page" | head -n 1 | grep -q ' 200 ' && printf '%s' "$page" | grep -q 'action="/claim"' && ! printf '%s' "$page" | grep -qF "$(cat ${store})"`,
    },
    {
      what: 'the page tells a stranger nothing of the device',
      command: `${ask} page=$(ask localhost); . /etc/hearth/release; ! printf '%s' "$page" | grep -qiE "$HEARTH_VERSION|samba|smbd"`,
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
      what: 'only root and the page reach the keeper',
      command: `test "$(stat -c %U:%G:%a ${keeper})" = root:hearth-web:660`,
    },
    {
      what: 'hearthctl knows the state of the device',
      command: 'hearthctl status --json | grep -q unclaimed',
    },
    {
      what: 'the journal does not have the code',
      command: `! journalctl --boot --no-pager | grep -qF "$(cat ${store})"`,
    },
  ],
});
