import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { log } from '../device.mjs';

const bridge = 'cni0';
export const gateway = '10.42.0.1';

const ip = (...words) => execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
const has = (...words) => spawnSync('ip', words, { stdio: 'ignore' }).status === 0;

/** The bridge of the pods. Safe to call again. */
export function makeBridge() {
  if (!has('link', 'show', bridge)) ip('link', 'add', bridge, 'type', 'bridge');
  ip('addr', 'replace', `${gateway}/24`, 'dev', bridge);
  ip('link', 'set', bridge, 'up');
  // The services' addresses, for programs of the device: also where there is no way out.
  ip('route', 'replace', '10.43.0.0/16', 'dev', bridge);
  try {
    writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  } catch (error) {
    log(`no forwarding: ${error.message}`);
  }
}

/** A network of its own for a pod: name of the namespace, address. */
export function joinNetwork(name, address) {
  const card = `veth${name.slice(-8)}`;
  leaveNetwork(name);
  ip('netns', 'add', name);
  ip('link', 'add', card, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  ip('link', 'set', card, 'master', bridge, 'up');
  ip('-n', name, 'link', 'set', 'lo', 'up');
  ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
  ip('-n', name, 'link', 'set', 'eth0', 'up');
  ip('-n', name, 'route', 'add', 'default', 'via', gateway);
}

export function leaveNetwork(name) {
  spawnSync('ip', ['link', 'delete', `veth${name.slice(-8)}`], { stdio: 'ignore' });
  spawnSync('ip', ['netns', 'delete', name], { stdio: 'ignore' });
}

let known = '';
let lookedAtMs = 0;

/** Leads the addresses of services to pods, and what pods send out of the house. `services`: address, port, target, pods. */
export function leadServices(services) {
  const rules = services.flatMap(({ address, port, target, pods }) =>
    pods.length === 0
      ? [`ip daddr ${address} tcp dport ${port} counter`]
      : [`ip daddr ${address} tcp dport ${port} dnat to ${pods[0]}:${target}`],
  );
  const refused = services
    .filter(({ pods }) => pods.length === 0)
    .map(({ address, port }) => `ip daddr ${address} tcp dport ${port} reject with tcp reset`);
  const text = `
table ip k3s_understudy {}
delete table ip k3s_understudy
table ip k3s_understudy {
  chain prerouting { type nat hook prerouting priority dstnat; ${rules.map((one) => `${one};`).join(' ')} }
  chain output { type nat hook output priority dstnat; ${rules.map((one) => `${one};`).join(' ')} }
  chain out { type filter hook output priority filter; ${refused.map((one) => `${one};`).join(' ')} }
  chain postrouting { type nat hook postrouting priority srcnat;
    ip saddr 10.42.0.0/16 oifname != { "${bridge}", "lo" } masquerade; }
}
`;
  if (text === known && !isLookDue()) return;
  // A reload of the device's own rules may have taken it away.
  const isThere =
    spawnSync('nft', ['list', 'table', 'ip', 'k3s_understudy'], { stdio: 'ignore' }).status === 0;
  if (text === known && isThere) return;
  const done = spawnSync('nft', ['-f', '-'], { input: text, encoding: 'utf8' });
  if (done.status === 0) known = text;
  else log(`services: ${done.stderr}`);
}

function isLookDue() {
  const isDue = Date.now() - lookedAtMs > 10_000;
  if (isDue) lookedAtMs = Date.now();
  return isDue;
}
