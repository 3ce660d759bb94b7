import type { DeviceLook } from '../../90-first-boot/agent/device/door.ts';

/** The kernel's controllers without which k3s refuses to start, and which the kernel does not offer. */
export function missingControllers(device: DeviceLook): readonly string[] {
  // Not /proc/cgroups: new kernels leave the memory controller out there although it works.
  const offered = (device.read('/sys/fs/cgroup/cgroup.controllers') ?? '').trim().split(/\s+/);
  return ['cpu', 'cpuset', 'memory'].filter((name) => !offered.includes(name));
}
