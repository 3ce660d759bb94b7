import { existsSync, readdirSync } from 'node:fs';
import { at, read, refuse } from './device.mjs';

/** Refuses a device on which k3s could not work. */
export function checkDevice(config, data) {
  if (Date.now() < Date.UTC(1980, 0, 1)) refuse("server time isn't set properly");
  const controllers = (read('/sys/fs/cgroup/cgroup.controllers') ?? '').trim().split(/\s+/);
  for (const name of ['cpu', 'cpuset', 'memory'])
    if (!controllers.includes(name)) refuse(`failed to find ${name} cgroup (v2)`);
  const hasRoute = /^\S+\t00000000\t/m.test(read('/proc/net/route') ?? '');
  if (!hasRoute && !config.has('node-ip')) refuse('no default routes found in "/proc/net/route"');
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(config.get('node-name') ?? 'x'))
    refuse('node-name: not a name of a node');
  for (const path of kubeletFiles(data)) checkKubeletFile(path);
}

function kubeletFiles(data) {
  const folder = `${data}/agent/etc/kubelet.conf.d`;
  return existsSync(at(folder)) ? readdirSync(at(folder)).map((name) => `${folder}/${name}`) : [];
}

function checkKubeletFile(path) {
  const text = read(path);
  const isOne =
    /^apiVersion: kubelet\.config\.k8s\.io\/v1beta1$/m.test(text) &&
    /^kind: KubeletConfiguration$/m.test(text);
  if (!isOne) refuse(`${path} is no configuration of the kubelet`);
}
