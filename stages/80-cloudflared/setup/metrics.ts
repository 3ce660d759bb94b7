import { get } from 'node:http';

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
  const json = await ask(metrics, '/ready');
  if (json === undefined) return { connections: undefined };
  const { readyConnections } = json as { readonly readyConnections?: unknown };
  return { connections: typeof readyConnections === 'number' ? readyConnections : 0 };
}

/** Asks /config for the rules in force; undefined if cloudflared does not answer. */
export async function activeRules(metrics: string): Promise<readonly ActiveRule[] | undefined> {
  const json = (await ask(metrics, '/config')) as
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
function ask(metrics: string, path: string): Promise<object | undefined> {
  return new Promise((resolve) => {
    const nothing = () => resolve(undefined);
    const request = get(`http://${metrics}${path}`, { timeout: timeoutMs, agent: false }, (reply) => {
      let text = '';
      reply.setEncoding('utf8');
      reply.on('data', (part: string) => {
        text += part;
        if (text.length > maxBytes) reply.destroy();
      });
      reply.on('error', nothing);
      reply.on('close', nothing);
      reply.on('end', () => resolve(parse(text)));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', nothing);
  });
}

function parse(text: string): object | undefined {
  try {
    const json = JSON.parse(text) as unknown;
    return typeof json === 'object' && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}
