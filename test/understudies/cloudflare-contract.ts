import {
  type ApiRights,
  addTunnel,
  type Call,
  type DnsRecord,
  hexId,
  type Reply,
  type Rule,
  refuse,
  type State,
  type Tunnel,
  tokenOf,
} from './cloudflare-state.ts';

/** Answers one call; `ids` are those in its path. */
export type Handler = (state: State, call: Call, ids: readonly string[]) => Reply;

/** Every call that there is. */
export const routes: readonly (readonly [string, RegExp, Handler])[] = [
  ['GET', /^\/user\/tokens\/verify$/, verifyToken],
  ['GET', /^\/zones$/, listZones],
  ['GET', /^\/accounts\/([0-9a-f]{32})\/cfd_tunnel$/, listTunnels],
  ['POST', /^\/accounts\/([0-9a-f]{32})\/cfd_tunnel$/, createTunnel],
  ['GET', /^\/accounts\/([0-9a-f]{32})\/cfd_tunnel\/([0-9a-f-]{36})$/, showTunnel],
  ['GET', /^\/accounts\/([0-9a-f]{32})\/cfd_tunnel\/([0-9a-f-]{36})\/token$/, showTunnelToken],
  ['GET', /^\/accounts\/([0-9a-f]{32})\/cfd_tunnel\/([0-9a-f-]{36})\/configurations$/, showConfig],
  ['PUT', /^\/accounts\/([0-9a-f]{32})\/cfd_tunnel\/([0-9a-f-]{36})\/configurations$/, putConfig],
  ['GET', /^\/zones\/([0-9a-f]{32})\/dns_records$/, listRecords],
  ['POST', /^\/zones\/([0-9a-f]{32})\/dns_records$/, createRecord],
  ['PATCH', /^\/zones\/([0-9a-f]{32})\/dns_records\/([0-9a-f]{32})$/, patchRecord],
];

function verifyToken(_state: State, { rights }: Call): Reply {
  if (rights.isOfAccount) return { status: 401, error: { code: 1000, message: 'Invalid API Token' } };
  return { status: 200, result: { id: hexId(), status: rights.status ?? 'active' } };
}

function listZones(state: State, { query, rights }: Call): Reply {
  if (rights.lacks?.includes('zone')) return forbidden();
  const problem = strangeKeys(state, 'query', [...query.keys()], ['name']);
  if (problem !== undefined) return problem;
  const name = query.get('name');
  const result = state.zones
    .filter((zone) => zone.name === name && rights.zones?.includes(zone.name) !== false)
    .map((zone) => ({
      id: zone.id,
      name: zone.name,
      status: zone.status,
      account: { id: zone.account, name: 'Home' },
    }));
  return { status: 200, result };
}

function listTunnels(state: State, { query, rights }: Call, [id = '']: readonly string[]): Reply {
  const problem =
    withoutTunnelRight(state, rights, id) ??
    strangeKeys(state, 'query', [...query.keys()], ['name', 'is_deleted']);
  if (problem !== undefined) return problem;
  const found = state.tunnels.filter(
    (one) =>
      one.account === id &&
      one.name === query.get('name') &&
      (one.deletedAt !== null) === (query.get('is_deleted') === 'true'),
  );
  return { status: 200, result: found.map(shown) };
}

function createTunnel(state: State, { body, rights }: Call, [id = '']: readonly string[]): Reply {
  const problem =
    withoutTunnelRight(state, rights, id) ??
    strangeKeys(state, 'body', Object.keys(body), ['name', 'config_src']);
  if (problem !== undefined) return problem;
  const { name, config_src: source = 'local' } = body;
  if (typeof name !== 'string' || name === '' || (source !== 'cloudflare' && source !== 'local'))
    return refuse(state, 400, 1001, 'a tunnel needs a name and a source of its configuration');
  if (state.tunnels.some((one) => one.name === name && one.account === id && one.deletedAt === null))
    return { status: 409, error: { code: 1013, message: 'You already have a tunnel with this name' } };
  return { status: 200, result: shown(addTunnel(state, { name, account: id, source })) };
}

function showTunnel(state: State, { rights }: Call, ids: readonly string[]): Reply {
  return withTunnel(state, rights, ids, (tunnel) => ({ status: 200, result: shown(tunnel) }));
}

function showTunnelToken(state: State, { rights }: Call, ids: readonly string[]): Reply {
  return withTunnel(state, rights, ids, (tunnel) => ({ status: 200, result: tokenOf(tunnel) }));
}

function showConfig(state: State, { rights }: Call, ids: readonly string[]): Reply {
  return withTunnel(state, rights, ids, ({ id, config, account: of }) => ({
    status: 200,
    result: { tunnel_id: id, account_id: of, version: config === null ? 0 : 1, config, source: 'cloudflare' },
  }));
}

function putConfig(state: State, { rights, body }: Call, ids: readonly string[]): Reply {
  return withTunnel(state, rights, ids, (tunnel) => {
    const { config } = body as { readonly config?: { readonly ingress?: readonly Rule[] } };
    const problem =
      strangeKeys(state, 'body', Object.keys(body), ['config']) ?? ingressProblem(state, config?.ingress);
    if (problem !== undefined) return problem;
    tunnel.config = { ingress: config?.ingress ?? [] };
    return { status: 200, result: { tunnel_id: tunnel.id, version: 1, config: tunnel.config } };
  });
}

function ingressProblem(state: State, ingress: readonly Rule[] | undefined): Reply | undefined {
  const wrong = (reason: string) => refuse(state, 400, 1056, `Bad Configuration: ${reason}`);
  const last = ingress?.at(-1);
  if (ingress === undefined || last === undefined) return wrong('no ingress rules');
  if (last.hostname || last.path) return wrong('the last ingress rule must match all URLs');
  for (const [index, rule] of ingress.entries()) {
    const keys = strangeKeys(state, 'rule', Object.keys(rule), [
      'hostname',
      'path',
      'service',
      'originRequest',
    ]);
    if (keys !== undefined) return keys;
    if (!rule.hostname && !rule.path && index < ingress.length - 1)
      return wrong(`rule ${index + 1} matches all`);
    if (/[:/]/.test(rule.hostname ?? '')) return wrong(`hostname ${rule.hostname}`);
    if (!/^(?:https?:\/\/[^/]+|http_status:\d{3})$/.test(rule.service))
      return wrong(`service ${rule.service}`);
  }
  return undefined;
}

function listRecords(state: State, { query, rights }: Call, [zone = '']: readonly string[]): Reply {
  const problem =
    withoutDnsRight(state, rights, zone) ?? strangeKeys(state, 'query', [...query.keys()], ['name']);
  if (problem !== undefined) return problem;
  return {
    status: 200,
    result: state.records.filter((one) => one.zone === zone && one.name === query.get('name')),
  };
}

const recordKeys = ['type', 'name', 'content', 'proxied', 'ttl', 'comment'];

function createRecord(state: State, { body, rights }: Call, [zone = '']: readonly string[]): Reply {
  const problem = withoutDnsRight(state, rights, zone) ?? recordProblem(state, body, zone);
  if (problem !== undefined) return problem;
  const clash = state.records.some(
    (one) => one.name === body['name'] && ['A', 'AAAA', 'CNAME'].includes(one.type),
  );
  if (clash)
    return {
      status: 400,
      error: { code: 81_053, message: 'An A, AAAA, or CNAME record with that host already exists.' },
    };
  const { ttl: _ttl, ...fields } = body as unknown as Omit<DnsRecord, 'id' | 'zone'> & {
    readonly ttl: number;
  };
  const record: DnsRecord = { id: hexId(), zone, ...fields };
  state.records.push(record);
  return { status: 200, result: record };
}

function patchRecord(state: State, { body, rights }: Call, [zone = '', id = '']: readonly string[]): Reply {
  const problem = withoutDnsRight(state, rights, zone) ?? recordProblem(state, body, zone);
  if (problem !== undefined) return problem;
  const record = state.records.find((one) => one.id === id && one.zone === zone);
  if (record === undefined)
    return { status: 404, error: { code: 81_044, message: 'Record does not exist.' } };
  const { ttl: _ttl, ...fields } = body;
  return { status: 200, result: Object.assign(record, fields) };
}

function recordProblem(state: State, body: Call['body'], zone: string): Reply | undefined {
  const { type, name, content, proxied, ttl } = body;
  const domain = state.zones.find(({ id }) => id === zone)?.name;
  const isGood =
    type === 'CNAME' &&
    typeof name === 'string' &&
    (name === domain || name.endsWith(`.${domain}`)) &&
    /^[0-9a-f-]{36}\.cfargotunnel\.com$/.test(String(content)) &&
    proxied === true &&
    ttl === 1;
  return (
    strangeKeys(state, 'body', Object.keys(body), recordKeys) ??
    (isGood ? undefined : refuse(state, 400, 9_005, 'Content for CNAME record is invalid.'))
  );
}

function withTunnel(
  state: State,
  rights: ApiRights,
  [of = '', id = '']: readonly string[],
  use: (tunnel: Tunnel) => Reply,
): Reply {
  const problem = withoutTunnelRight(state, rights, of);
  if (problem !== undefined) return problem;
  const tunnel = state.tunnels.find((one) => one.id === id && one.account === of);
  return tunnel === undefined
    ? { status: 404, error: { code: 1020, message: 'Tunnel not found' } }
    : use(tunnel);
}

function withoutTunnelRight({ zones }: State, { lacks }: ApiRights, of: string): Reply | undefined {
  return lacks?.includes('tunnel') || !zones.some((zone) => zone.account === of) ? forbidden() : undefined;
}

function withoutDnsRight({ zones }: State, { lacks }: ApiRights, zone: string): Reply | undefined {
  return lacks?.includes('dns') || !zones.some(({ id }) => id === zone) ? forbidden() : undefined;
}

function forbidden(): Reply {
  return { status: 403, error: { code: 10_000, message: 'Authentication error' } };
}

function strangeKeys(
  state: State,
  what: string,
  keys: readonly string[],
  known: readonly string[],
): Reply | undefined {
  const strange = keys.filter((key) => !known.includes(key));
  return strange.length === 0
    ? undefined
    : refuse(state, 400, 1001, `${what} has unknown ${strange.join(', ')}`);
}

function shown({ id, name, source, deletedAt, account: of }: Tunnel): object {
  return {
    id,
    name,
    account_tag: of,
    deleted_at: deletedAt,
    config_src: source,
    remote_config: source === 'cloudflare',
    tun_type: 'cfd_tunnel',
    status: 'inactive',
  };
}
