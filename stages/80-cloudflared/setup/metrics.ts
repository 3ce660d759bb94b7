import { AskFailure, ask } from '../../90-first-boot/agent/device/door.ts';
import { jsonObject } from './json-object.ts';

/** How cloudflared is: its connections to Cloudflare, and the rules that are in force. */
export interface TunnelState {
  /** 0: none. Undefined: cloudflared does not answer. */
  readonly connections: number | undefined;
}

/** A rule that is in force, as /config tells it. */
export interface ActiveRule {
  readonly hostname?: string;
  readonly path?: string;
  readonly service?: string;
  readonly originRequest?: Readonly<Record<string, unknown>>;
}

const timeoutMs = 4_000;
const maxBytes = 1_000_000;

/** Asks /ready. `metrics` is host and port. Never throws. */
export async function readyState(metrics: string): Promise<TunnelState> {
  const json = await askForJson(metrics, '/ready');
  if (json === undefined) return { connections: undefined };
  const { readyConnections } = json as { readonly readyConnections?: unknown };
  return { connections: typeof readyConnections === 'number' ? readyConnections : 0 };
}

/** Asks /config for the rules in force; undefined if cloudflared does not answer. */
export async function activeRules(metrics: string): Promise<readonly ActiveRule[] | undefined> {
  const json = (await askForJson(metrics, '/config')) as
    | { readonly config?: { readonly ingress?: unknown }; readonly ingress?: unknown }
    | undefined;
  if (json === undefined) return undefined;
  const ingress = json.config?.ingress ?? json.ingress;
  return Array.isArray(ingress) ? (ingress as ActiveRule[]) : [];
}

/** Tells whether all visitors of the hostname are led by this rule. */
export function covers({ hostname = '', path = '' }: ActiveRule, wanted: string): boolean {
  if (path !== '') return false;
  if (!hostname.startsWith('*.')) return hostname === wanted;
  return wanted.endsWith(hostname.slice(1));
}

/** An answer in JSON, whatever its status. */
async function askForJson(metrics: string, path: string): Promise<object | undefined> {
  try {
    const { body } = await ask({ url: `http://${metrics}${path}`, timeoutMs, maxBytes });
    return jsonObject(body.toString('utf8'));
  } catch (error) {
    if (error instanceof AskFailure) return undefined;
    throw error;
  }
}
