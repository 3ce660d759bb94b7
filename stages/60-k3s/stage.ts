import { defineStage } from '../../builder/stage/define.ts';

const images = '/var/lib/rancher/k3s/agent/images';

/** Holds only once the setup has switched k3s on; before that, the check is good. */
function whenOn(command: string): string {
  return `test ! -e /etc/rancher/k3s/hearth.env || { ${command}; }`;
}

const whenServer = (command: string) =>
  whenOn(`! grep -qx HEARTH_K3S_COMMAND=server /etc/rancher/k3s/hearth.env || { ${command}; }`);

export const stage = defineStage({
  summary: 'k3s: runs apps in containers, off until the setup; alone, or together with other devices',
  artifacts: [
    { name: 'k3s', path: '/usr/local/bin/k3s', mode: 0o755 },
    {
      name: 'k3s-images',
      // k3s passes over an archive that it knows by name: another content needs another name. 00: imported first.
      path: `${images}/00-k3s-@DIGEST@.tar.zst`,
      keepImages: ['mirrored-pause', 'mirrored-coredns-coredns'],
    },
  ],
  checks: [
    {
      what: 'the controllers that k3s needs are there',
      command:
        'for name in cpu cpuset memory; do grep -qw $name /sys/fs/cgroup/cgroup.controllers || exit 1; done',
    },
    {
      what: 'k3s does not run before the setup has switched it on',
      command: 'test -e /etc/rancher/k3s/hearth.env || test "$(systemctl is-active k3s)" = inactive',
    },
    {
      what: 'k3s is waiting for the setup',
      command:
        'test "$(systemctl is-enabled k3s)" = enabled && test "$(systemctl show -P LoadState k3s)" = loaded',
    },
    {
      what: 'k3s keeps a list of the archives that it has imported',
      command: `test -e ${images}/.cache.json`,
    },
    {
      what: 'a restart waits for the apps to end',
      command:
        'test "$(busctl get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager InhibitDelayMaxUSec)" = "t 75000000"',
    },
    {
      what: 'containers reach only what is opened for them',
      command: 'nft list set inet hearth pod_tcp_in | grep -qw 6443',
    },
    {
      what: 'the cluster answers, once it is switched on',
      command: whenServer('test "$(k3s kubectl get --raw /readyz)" = ok'),
    },
    { what: 'k3s runs, once it is switched on', command: whenOn('systemctl is-active k3s') },
    {
      what: 'only root reads the tokens and the key to the cluster',
      command:
        'for file in /etc/rancher/k3s/agent-token /etc/rancher/k3s/join-token /etc/rancher/k3s/k3s.yaml /etc/rancher/k3s/*.d/50-setup.yaml; do test ! -e "$file" || test "$(stat -c %U:%a "$file")" = root:600 || exit 1; done',
    },
    {
      what: 'the cluster is open to the home network only if other devices may join',
      command: 'test -e /etc/nftables.d/61-k3s-join.nft || ! nft list chain inet hearth input | grep -w 6443',
    },
  ],
});
