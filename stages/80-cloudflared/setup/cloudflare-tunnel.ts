import type { CloudflareApi } from './cloudflare-api.ts';
import { ask, type Domain, granted, granting } from './cloudflare-domain.ts';
import { failures, rightNames } from './failures.ts';
import { isSameService, type Route } from './route.ts';
import { findTunnelToken, type TunnelToken } from './tunnel-token.ts';

/** A tunnel whose token is known. */
export interface ReadyTunnel {
  readonly id: string;
  readonly token: string;
}

/**
 * Finds or makes the tunnel of this device. The name is made from the hostname: a device that was flashed anew finds its
 * tunnel again. With the token of a tunnel it is that one, if it is in the account of the domain.
 */
export async function openTunnel(
  api: CloudflareApi,
  domain: Domain,
  { hostname, existing }: { readonly hostname: string; readonly existing: TunnelToken | undefined },
): Promise<ReadyTunnel> {
  if (existing !== undefined) return await openExisting(api, domain, existing);
  const folder = tunnels(domain);
  const name = `hearth-${hostname}`;
  const found = await granted(rightNames.tunnel, () =>
    api.call('GET', `${folder}?name=${encodeURIComponent(name)}&is_deleted=false`),
  );
  const [known] = (found as readonly TunnelReply[]).filter((one) => one.name === name);
  const tunnel =
    known ??
    ((await granted(rightNames.tunnel, () =>
      api.call('POST', folder, { name, config_src: 'cloudflare' }),
    )) as TunnelReply);
  if (isLocal(tunnel)) throw failures.localTunnel(name);
  return { id: tunnel.id, token: await tokenOf(api, `${folder}/${tunnel.id}`) };
}

/** The name of the tunnel with this id in the account; undefined if it has none. */
export async function tunnelName(
  api: CloudflareApi,
  domain: Domain,
  id: string,
): Promise<string | undefined> {
  const reply = await ask(() => api.call('GET', `${tunnels(domain)}/${id}`));
  const { name, deleted_at: deletedAt } = (reply.result ?? {}) as Partial<TunnelReply>;
  return reply.isDone && !deletedAt ? name : undefined;
}

/** Sets the route of the tunnel. Rules for other names stay, in their order. */
export async function setRoute(
  api: CloudflareApi,
  domain: Domain,
  { id, route }: { readonly id: string; readonly route: Route },
): Promise<'set' | 'unchanged'> {
  const path = `${tunnels(domain)}/${id}/configurations`;
  const now = (await granted(rightNames.tunnel, () => api.call('GET', path))) as {
    readonly config?: Config | null;
  };
  const config = now.config ?? {};
  const rules = config.ingress ?? [];
  const isOurs = (rule: Rule) => rule.hostname === route.hostname && (rule.path ?? '') === '';
  const ours = rules.filter(isOurs);
  if (ours.length > 0 && ours.every((rule) => isAsWanted(rule, route))) return 'unchanged';
  const others = rules.filter((rule) => (rule.hostname ?? '') !== '' && !isOurs(rule));
  const last = rules.findLast((rule) => (rule.hostname ?? '') === '') ?? { service: 'http_status:404' };
  // A wildcard that stands before it would take its visitors.
  const exact = others.filter((rule) => rule.hostname?.startsWith('*') !== true);
  const wild = others.filter((rule) => rule.hostname?.startsWith('*') === true);
  const ingress = [...exact, route, ...wild, last];
  await granted(rightNames.tunnel, () => api.call('PUT', path, { config: { ...config, ingress } }));
  return 'set';
}

interface TunnelReply {
  readonly id: string;
  readonly name: string;
  readonly deleted_at?: string | null;
  readonly config_src?: string;
  readonly remote_config?: boolean;
}

interface Rule {
  readonly hostname?: string;
  readonly path?: string;
  readonly service: string;
  readonly originRequest?: Readonly<Record<string, unknown>>;
}

interface Config {
  readonly ingress?: readonly Rule[];
}

async function openExisting(api: CloudflareApi, domain: Domain, existing: TunnelToken): Promise<ReadyTunnel> {
  if (existing.account !== domain.account) throw failures.foreignTunnel();
  const path = `${tunnels(domain)}/${existing.tunnel}`;
  const reply = await ask(() => api.call('GET', path));
  if (reply.status === 404) throw failures.goneTunnel();
  const tunnel = granting(rightNames.tunnel, reply) as TunnelReply;
  if (tunnel.deleted_at) throw failures.goneTunnel();
  if (isLocal(tunnel)) throw failures.localTunnel(tunnel.name);
  const token = await tokenOf(api, path);
  if (token !== existing.text) throw failures.goneTunnel();
  return { id: existing.tunnel, token };
}

async function tokenOf(api: CloudflareApi, path: string): Promise<string> {
  const { token } = findTunnelToken(
    String(await granted(rightNames.tunnel, () => api.call('GET', `${path}/token`))),
  );
  if (token === undefined) throw failures.refused({ status: 200, errors: [] });
  return token.text;
}

function isLocal({ config_src: source, remote_config: isRemote }: TunnelReply): boolean {
  return source === 'local' || (source === undefined && isRemote === false);
}

function isAsWanted({ service, originRequest }: Rule, route: Route): boolean {
  const wanted = Object.entries(route.originRequest ?? {});
  return (
    isSameService(service, route.service) && wanted.every(([name, value]) => originRequest?.[name] === value)
  );
}

function tunnels({ account }: Domain): string {
  return `/accounts/${account}/cfd_tunnel`;
}
