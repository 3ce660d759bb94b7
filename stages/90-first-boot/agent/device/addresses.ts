import type { NetworkInterfaceInfo } from 'node:os';

export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

export interface Address {
  readonly family: 'IPv4' | 'IPv6';
  readonly ip: string;
  readonly medium: 'cable' | 'wifi' | 'other';
}

/** Networks that programs on the device make for themselves; nobody can open a page there. */
const internalName = /^(lo|veth|cni|flannel|docker|br-|virbr|kube|cali|dummy|ifb|nodelocaldns)/;

/** The addresses a person can type: no loopback, no link-local, no internal networks; IPv4 and cable first. */
export function reachableAddresses(interfaces: Interfaces): readonly Address[] {
  const found = Object.entries(interfaces).flatMap(([name, infos]) =>
    internalName.test(name)
      ? []
      : (infos ?? [])
          .filter((info) => !info.internal && !isLinkLocal(info.address))
          .map((info) => ({ family: info.family, ip: info.address, medium: mediumOf(name) })),
  );
  return found.sort((a, b) => rank(a) - rank(b));
}

/** Every own address, link-local too: what the Host header may name. */
export function ownAddresses(interfaces: Interfaces): ReadonlySet<string> {
  return new Set(Object.values(interfaces).flatMap((infos) => (infos ?? []).map((info) => info.address)));
}

/** http://192.168.1.20 or http://[2001:db8::1] */
export function addressUrl(address: Address): string {
  return address.family === 'IPv6' ? `http://[${address.ip}]` : `http://${address.ip}`;
}

function isLinkLocal(ip: string): boolean {
  return ip.startsWith('169.254.') || /^fe[89ab]/i.test(ip);
}

function mediumOf(interfaceName: string): Address['medium'] {
  if (/^e(n|th)/.test(interfaceName)) return 'cable';
  return interfaceName.startsWith('wl') ? 'wifi' : 'other';
}

function rank(address: Address): number {
  return (address.family === 'IPv4' ? 0 : 10) + ['cable', 'wifi', 'other'].indexOf(address.medium);
}
