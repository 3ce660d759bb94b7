import { defineStage } from '../../builder/stage/define.ts';

const avahi = 'org.freedesktop.Avahi / org.freedesktop.Avahi.Server';

export const stage = defineStage({
  summary:
    'Network, firewall, clock, SSH (off), names, swap in memory, upgrades, and what makes each device its own',
  reads: [
    'hostname',
    'locale',
    'timezone',
    'keyboard.layout',
    'keyboard.variant',
    'wifi.country',
    'ssh.authorizedKeys',
  ],
  overlays: ['network', 'sd-card', 'upgrades', 'device'],
  checks: [
    {
      what: 'a network card has an address',
      command: 'nmcli -t -f TYPE,STATE device | grep -qx ethernet:connected',
    },
    {
      what: 'nothing waits for a network at boot',
      command: 'test "$(systemctl is-enabled NetworkManager-wait-online)" = disabled',
    },
    {
      what: 'the device is announced by its own name, not NAME-2',
      // It may need a moment for that, after the address has changed.
      command: `timeout 30 sh -c 'until busctl call ${avahi} GetHostName | grep -qx "s \\"$(uname -n)\\""; do sleep 1; done'`,
    },
    { what: 'the device knows its own name', command: 'getent hosts "$(uname -n)" | grep -q "^127.0.1.1 "' },
    {
      what: 'nothing comes in that no stage opened',
      command: "nft list chain inet hearth input | grep -q 'policy drop'",
    },
    {
      what: 'SSH is off unless a key was given',
      command:
        'test "$(systemctl is-enabled ssh)" = disabled || ls /home/*/.ssh/authorized_keys /root/.ssh/authorized_keys | grep -q .',
    },
    {
      what: 'the device has its own SSH host keys',
      command:
        'for key in /etc/ssh/ssh_host_ed25519_key /etc/ssh/ssh_host_ecdsa_key; do ssh-keygen -l -f "$key" && ssh-keygen -l -f "$key.pub" || exit 1; done',
    },
    { what: 'the device has its own machine id', command: 'grep -Eqx "[0-9a-f]{32}" /etc/machine-id' },
    {
      what: 'no account has a password',
      command: "awk -F: '$2 !~ /^[!*]/ { bad = 1 } END { exit bad }' /etc/shadow",
    },
    {
      what: 'the root partition ends where the disk ends',
      command:
        'part=/sys/class/block/$(basename "$(findmnt -no SOURCE /)"); test $(($(cat "$(readlink -f "$part")/../size") - $(cat "$part/start") - $(cat "$part/size"))) -le 16384',
    },
    {
      what: 'the root file system fills its partition',
      command:
        'part=/sys/class/block/$(basename "$(findmnt -no SOURCE /)"); test $(($(stat -fc "%b * %S" /))) -ge $(($(cat "$part/size") * 460))',
    },
    {
      what: 'swap is in compressed memory only',
      command: 'test "$(swapon --show=NAME --noheadings)" = /dev/zram0',
    },
    {
      what: 'the clock is not before the image',
      command: 'test "$(date +%s)" -ge "$(stat -c %Y /usr/lib/clock-epoch)"',
    },
    {
      what: 'the log is kept, and small',
      command: 'test -d /var/log/journal && test "$(du -sm /var/log/journal | cut -f1)" -le 64',
    },
    {
      what: 'security fixes install themselves',
      command:
        'systemctl is-active apt-daily-upgrade.timer && apt-config dump APT::Periodic::Unattended-Upgrade | grep -q \'"1"\'',
    },
    {
      what: 'the system speaks the configured language',
      command:
        '. /etc/locale.conf && test "$(LC_ALL="$LANG" locale charmap)" = UTF-8 && test -e /etc/localtime',
    },
  ],
});
