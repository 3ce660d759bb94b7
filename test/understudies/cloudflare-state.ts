import { randomBytes, randomUUID } from 'node:crypto';

/** What a token of Cloudflare's API may do here. */
export interface ApiRights {
  readonly status?: 'active' | 'disabled' | 'expired';
  /** A token of an account is unknown where tokens of users are verified. */
  readonly isOfAccount?: boolean;
  readonly lacks?: readonly ('tunnel' | 'dns' | 'zone')[];
  /** Names of the domains that it may use. Default: all. */
  readonly zones?: readonly string[];
}

export interface Zone {
  readonly id: string;
  readonly name: string;
  readonly account: string;
  readonly status: 'active' | 'pending';
}

export interface Tunnel {
  readonly id: string;
  readonly name: string;
  readonly account: string;
  secret: string;
  readonly source: 'cloudflare' | 'local';
  deletedAt: string | null;
  config: { ingress: readonly Rule[] } | null;
}

export interface Rule {
  readonly hostname?: string;
  readonly path?: string;
  readonly service: string;
  readonly originRequest?: Readonly<Record<string, unknown>>;
}

export interface DnsRecord {
  readonly id: string;
  readonly zone: string;
  type: string;
  name: string;
  content: string;
  proxied: boolean;
  comment: string | null;
}

/** The understudy of Cloudflare: its API, and its edge for cloudflared.mjs. */
export interface Cloudflare {
  /** What a client gets as the address of the API. */
  readonly base: string;
  /** What cloudflared.mjs gets as the address of the edge. */
  readonly edge: string;
  readonly tokens: Map<string, ApiRights>;
  readonly zones: Zone[];
  readonly tunnels: Tunnel[];
  readonly records: DnsRecord[];
  /** `PUT /accounts/…`: every call, in order. */
  readonly calls: string[];
  /** What a client did that the contract does not know. */
  readonly mistakes: string[];
  /** Every answer has this status and no JSON, while it is set. */
  outage: number | undefined;
  readonly tokenOf: (tunnel: Tunnel) => string;
  readonly addTunnel: (tunnel: Pick<Tunnel, 'name' | 'account'> & Partial<Tunnel>) => Tunnel;
  readonly close: () => Promise<void>;
}

export const account = '0123456789abcdef0123456789abcdef';
export const otherAccount = 'fedcba9876543210fedcba9876543210';

/** What it keeps. */
export type State = Omit<Cloudflare, 'base' | 'edge' | 'tokenOf' | 'addTunnel' | 'close'>;

/** A call of the API by a known token. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
  readonly rights: ApiRights;
}

export interface Reply {
  readonly status: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/** Adds a tunnel that somebody made before. */
export function addTunnel(
  state: Pick<State, 'tunnels'>,
  tunnel: Parameters<Cloudflare['addTunnel']>[0],
): Tunnel {
  const made: Tunnel = {
    id: randomUUID(),
    secret: randomBytes(32).toString('base64'),
    source: 'cloudflare',
    deletedAt: null,
    config: null,
    ...tunnel,
  };
  state.tunnels.push(made);
  return made;
}

/** The token that a tunnel is run with. */
export function tokenOf({ account: a, id: t, secret: s }: Tunnel): string {
  return Buffer.from(JSON.stringify({ a, t, s })).toString('base64');
}

/** An answer to a call that is not in the contract: noted, so that a test fails. */
export function refuse(state: State, status: number, code: number, message: string): Reply {
  state.mistakes.push(message);
  return { status, error: { code, message } };
}

/** 32 hex digits. */
export function hexId(): string {
  return randomBytes(16).toString('hex');
}
