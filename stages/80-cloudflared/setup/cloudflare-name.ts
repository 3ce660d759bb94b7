import type { CloudflareApi } from './cloudflare-api.ts';
import { type Domain, granted } from './cloudflare-domain.ts';
import { tunnelName } from './cloudflare-tunnel.ts';
import { failures, rightNames } from './failures.ts';

/** What a hostname leads to now, as far as a tunnel may replace it. */
export interface NameEntry {
  readonly id: string;
  readonly content: string;
  readonly isProxied: boolean;
}

/** The mark by which the device knows the entries that it made itself. */
const mark = 'Made by Hearth';
const tunnelDomain = '.cfargotunnel.com';

/**
 * Looks what the hostname leads to. Throws a StepFailure when it is something that this device did not make: nobody's web
 * site goes away by a typing error. `own` is the tunnel of this device, if it is known already.
 */
export async function findName(
  api: CloudflareApi,
  domain: Domain,
  { hostname, own }: { readonly hostname: string; readonly own: string | undefined },
): Promise<NameEntry | undefined> {
  const path = `/zones/${domain.id}/dns_records?name=${encodeURIComponent(hostname)}`;
  const records = (await granted(rightNames.dns, () => api.call('GET', path))) as readonly DnsRecord[];
  // Mail and texts live beside a CNAME at Cloudflare's apex; addresses do not.
  for (const record of records.filter(({ type }) => ['A', 'AAAA', 'CNAME'].includes(type))) {
    const { id, type, content, proxied, comment } = record;
    const isOurs = content === `${own}${tunnelDomain}` || (comment ?? '').startsWith(mark);
    if (type === 'CNAME' && isOurs) return { id, content, isProxied: proxied === true };
    throw failures.usedName(hostname, await describe(api, domain, record));
  }
  return undefined;
}

/** Makes the hostname lead to the tunnel, by way of Cloudflare. */
export async function setName(
  api: CloudflareApi,
  domain: Domain,
  {
    hostname,
    tunnel,
    entry,
  }: { readonly hostname: string; readonly tunnel: string; readonly entry: NameEntry | undefined },
): Promise<'set' | 'unchanged'> {
  const content = `${tunnel}${tunnelDomain}`;
  if (entry?.content === content && entry.isProxied) return 'unchanged';
  const path = `/zones/${domain.id}/dns_records`;
  const record = { type: 'CNAME', name: hostname, content, proxied: true, ttl: 1, comment: mark };
  await granted(rightNames.dns, () =>
    entry === undefined ? api.call('POST', path, record) : api.call('PATCH', `${path}/${entry.id}`, record),
  );
  return 'set';
}

interface DnsRecord {
  readonly id: string;
  readonly type: string;
  readonly content: string;
  readonly proxied?: boolean;
  readonly comment?: string | null;
}

async function describe(api: CloudflareApi, domain: Domain, { content }: DnsRecord): Promise<LocalPair> {
  if (!content.endsWith(tunnelDomain)) return { en: content, de: content };
  const name = await tunnelName(api, domain, content.slice(0, -tunnelDomain.length));
  return name === undefined
    ? {
        en: 'a tunnel of another account or a deleted one',
        de: 'ein Tunnel eines anderen Kontos oder ein gelöschter',
      }
    : { en: `the tunnel "${name}"`, de: `der Tunnel „${name}“` };
}

interface LocalPair {
  readonly en: string;
  readonly de: string;
}
