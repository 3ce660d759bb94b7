import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type FakeDevice, fakeDevice } from '../20-system-setup/fake-device.ts';

export const data = '/var/lib/rancher/k3s';
export const envFile = '/etc/rancher/k3s/hearth.env';

/** A device as the image is, with its disks, for one test. */
export function makeDevice(): FakeDevice {
  const device = fakeDevice({
    '/etc/hostname': 'hearth\n',
    '/sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory pids\n',
    '/etc/rancher/k3s/config.yaml': 'disable:\n  - traefik\n',
    [`${data}/agent/images/00-k3s-0123456789ab.tar.zst`]: 'archive',
  });
  onTestFinished(() => device.remove());
  device.put(`${data}/agent/images/.cache.json`, '', 0o600);
  mkdirSync(join(device.root, 'srv/ssd'), { recursive: true });
  mkdirSync(join(device.root, 'srv/media'));
  chmodSync(join(device.root, 'srv/ssd'), 0o755);
  chmodSync(join(device.root, 'srv/media'), 0o2775);
  const known =
    /^(daemon-reload|--no-block (re)?start k3s\.service|show --property=ActiveState,ConditionResult,Result,Job k3s\.service|is-active k3s\.service)$/;
  device.programs['systemctl'] = (args) => (known.test(args.join(' ')) ? { stdout: 'active\n' } : undefined);
  device.programs['nft'] = (args) => (args.join(' ') === '-f /etc/nftables.conf' ? {} : undefined);
  device.programs['lsblk'] = () => ({ stdout: JSON.stringify({ blockdevices: disks }) });
  device.programs['/usr/lib/hearth/k3s-killall'] = () => ({});
  return device;
}

const disks = [
  { fstype: 'ext4', model: null, mountpoints: ['/'], ro: false, size: 31e9 },
  { fstype: 'ext4', model: 'Samsung T7 ', mountpoints: ['/srv/ssd'], ro: false, size: 500e9 },
  { fstype: 'ext4', model: 'Shared', mountpoints: ['/srv/media'], ro: false, size: 2e12 },
  { fstype: 'exfat', model: 'Stick', mountpoints: ['/srv/stick'], ro: false, size: 32e9 },
  { fstype: 'ext4', model: 'Gone', mountpoints: [null], ro: false, size: 1e12 },
  { fstype: 'ext4', model: 'Odd', mountpoints: ['/srv/a b', '/mnt/x', '/srv/../etc'], ro: false, size: 1e12 },
];
