import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import type { Vm } from '../../../builder/vm/vm.ts';
import { bundleProgram } from '../../helpers/bundle-program.ts';
import type { Lease, PhoneAnswer } from './phone-process.ts';

/** The home's network. */
export interface Router {
  readonly network: string;
  readonly password: string;
  readonly hasDhcp: boolean;
}

const folder = '/run/air';
const [deviceCard, routerCard, phoneCard] = ['wlan0', 'wlan1', 'wlan2'] as const;
export const homeSubnet = '192.168.50.';

/**
 * Simulates radios in the guest: one is the device's own, one belongs to a router, one to a phone, and these two are in
 * network namespaces of their own. Then pulls the network cable.
 */
export async function makeAir(vm: Vm): Promise<void> {
  await vm.mustRun(
    [
      'systemctl stop hearth-hotspot.service',
      `install -d -m 700 ${folder} && modprobe mac80211_hwsim radios=3`,
      `until test -e /sys/class/net/${phoneCard}/phy80211; do sleep 0.2; done`,
      ...namespace('router', routerCard),
      ...namespace('phone', phoneCard),
      // Not even asks for a way back: an answer to everybody must come in while there is no address.
      'ip netns exec phone sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0',
      `ip netns exec phone sysctl -qw net.ipv4.conf.${phoneCard}.rp_filter=0`,
      'nmcli device set eth0 managed no && ip link set eth0 down',
    ].join('\n'),
  );
  await vm.writeFile(`${folder}/phone.mjs`, await bundlePhone());
}

/** Switches the router on, or restarts it. It has no way to the Internet. */
export async function startRouter(vm: Vm, { network, password, hasDhcp }: Router): Promise<void> {
  const security = ['proto=RSN', 'pairwise=CCMP', 'key_mgmt=WPA-PSK', `psk="${password}"`];
  const lines = ['mode=2', 'frequency=2412', ...security];
  await vm.writeFile(`${folder}/router.conf`, wpaNetwork(network, lines.join('\n')), 0o600);
  await vm.mustRun(
    [
      // The radio is free again only when the one before has ended.
      `for file in ${folder}/router-*.pid; do test -e "$file" || continue; pid=$(cat "$file"); kill "$pid"; while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done; done`,
      `rm -f ${folder}/router-*.pid`,
      `ip -n router address replace ${homeSubnet}1/24 dev ${routerCard}`,
      `ip netns exec router wpa_supplicant -B -D nl80211 -i ${routerCard} -P ${folder}/router-wpa.pid -c ${folder}/router.conf`,
      `until ip netns exec router iw dev ${routerCard} info | grep -q 'type AP'; do sleep 0.2; done`,
      ...(hasDhcp ? [dhcpServer()] : []),
    ].join('\n'),
  );
}

/** Joins an open network with the phone, and gets an address there. The phone comes back to it by itself. */
export async function joinWithPhone(vm: Vm, network: string): Promise<Lease> {
  await vm.writeFile(`${folder}/phone.conf`, wpaNetwork(network, 'key_mgmt=NONE'));
  await vm.mustRun(
    [
      `ip netns exec phone wpa_supplicant -B -D nl80211 -i ${phoneCard} -P ${folder}/phone.pid -c ${folder}/phone.conf`,
      `ip -n phone route replace 255.255.255.255 dev ${phoneCard}`,
    ].join('\n'),
  );
  const address = (await vm.mustRun(`ip netns exec phone cat /sys/class/net/${phoneCard}/address`)).trim();
  const lease = await phone<Lease>(vm, `lease ${address}`);
  await vm.mustRun(`ip -n phone address replace ${lease.address}/24 dev ${phoneCard}`);
  return lease;
}

/** Opens an address with the phone. The name is looked up where the hotspot said. */
export async function openWithPhone(vm: Vm, url: string, { nameServer }: Lease): Promise<PhoneAnswer> {
  return await phone<PhoneAnswer>(vm, `get ${url} ${nameServer}`);
}

/** Sends a form with the phone, as the page does. */
export async function sendWithPhone(
  vm: Vm,
  url: string,
  fields: Readonly<Record<string, string>>,
): Promise<PhoneAnswer> {
  await vm.writeFile(`${folder}/form`, new URLSearchParams(fields).toString(), 0o600);
  return await phone<PhoneAnswer>(vm, `post ${url} 127.0.0.1 <${folder}/form`);
}

/** Name and kind of what the device's radio does: `AP Hearth setup 0000`. */
export async function radioState(vm: Vm): Promise<string> {
  const { stdout } = await vm.run(`iw dev ${deviceCard} info`);
  const [, name = ''] = /^\s*ssid (.*)$/m.exec(stdout) ?? [];
  const [, kind = ''] = /^\s*type (.*)$/m.exec(stdout) ?? [];
  return `${kind} ${name}`.trim();
}

function namespace(name: string, card: string): readonly string[] {
  return [
    `ip netns add ${name} && ip -n ${name} link set lo up`,
    `iw phy "$(cat /sys/class/net/${card}/phy80211/name)" set netns name ${name}`,
    `ip -n ${name} link set ${card} up`,
  ];
}

function wpaNetwork(name: string, lines: string): string {
  return `p2p_disabled=1\nnetwork={\nssid=${Buffer.from(name).toString('hex')}\n${lines}\n}\n`;
}

/** Gives addresses and no names. */
function dhcpServer(): string {
  return [
    'ip netns exec router dnsmasq --conf-file=/dev/null --port=0 --no-ping --dhcp-authoritative',
    `--interface=${routerCard} --bind-interfaces --dhcp-range=${homeSubnet}10,${homeSubnet}99,1h`,
    `--dhcp-leasefile=${folder}/leases --pid-file=${folder}/router-dhcp.pid --user=root`,
  ].join(' ');
}

async function phone<T>(vm: Vm, words: string): Promise<T> {
  const timeoutMs = 60_000;
  // It comes back by itself, a moment after the network.
  const isIn = `ip -n phone link show ${phoneCard} | grep -q LOWER_UP`;
  const program = `ip netns exec phone node --jitless ${folder}/phone.mjs`;
  const command = `until ${isIn}; do sleep 0.2; done; ${program} ${words}`;
  return JSON.parse(await vm.mustRun(command, { timeoutMs })) as T;
}

async function bundlePhone(): Promise<string> {
  const folder = await mkdtemp(`${tmpdir()}/hearth-phone-`);
  try {
    return await readFile(await bundleProgram(`${import.meta.dirname}/phone-process.ts`, folder), 'utf8');
  } finally {
    await rm(folder, { recursive: true });
  }
}
