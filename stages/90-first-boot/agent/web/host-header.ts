import { URL } from 'node:url';

export interface OwnNames {
  readonly hostname: string;
  readonly addresses: ReadonlySet<string>;
  /** Domains of the local network, as the router hands them out: fritz.box, lan, home.arpa. */
  readonly searchDomains: readonly string[];
}

// Nothing but a name or a literal address, and a port: no user part, no path, no spaces.
const shape = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i;

/**
 * Gives the name in the Host header, in its normal form, if it is one of the device's own; else undefined.
 * A foreign name that leads here is DNS rebinding: a web site that wants to look into the home network.
 */
export function ownHost(header: string, own: OwnNames): string | undefined {
  const host = normalHost(header);
  if (host === undefined) return undefined;
  if (host === 'localhost' || host === '127.0.0.1' || host === '::1') return host;
  for (const address of own.addresses) if (normalHost(bracketed(address)) === host) return host;
  return isOwnName(host, own) ? host : undefined;
}

/** The search domains in the text of resolv.conf. */
export function searchDomains(resolvConf: string): readonly string[] {
  const domains = resolvConf
    .split('\n')
    .flatMap((line) => /^(?:search|domain)\s+(.+)$/.exec(line.trim())?.[1]?.split(/\s+/) ?? []);
  return domains.map((domain) => domain.toLowerCase().replace(/\.$/, '')).filter((domain) => domain !== '');
}

function isOwnName(host: string, own: OwnNames): boolean {
  const name = own.hostname.toLowerCase();
  if (host === name) return true;
  const [label, domain] = [host.slice(0, Math.max(0, host.indexOf('.'))), host.slice(host.indexOf('.') + 1)];
  // A second device of the same name is announced as name-2.local.
  if (domain === 'local')
    return label === name || (label.startsWith(`${name}-`) && /^\d{1,3}$/.test(label.slice(name.length + 1)));
  return label === name && own.searchDomains.includes(domain);
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

function normalHost(header: string): string | undefined {
  if (!shape.test(header) || !URL.canParse(`http://${header}`)) return undefined;
  return new URL(`http://${header}`).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}
