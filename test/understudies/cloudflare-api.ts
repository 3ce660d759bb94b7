import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { routes } from './cloudflare-contract.ts';
import {
  account,
  addTunnel,
  type Cloudflare,
  hexId,
  type Reply,
  refuse,
  type State,
  tokenOf,
} from './cloudflare-state.ts';

/** Starts it on loopback (or another address), with the domain example.com and no token. */
export async function startCloudflare(host = '127.0.0.1', port = 0): Promise<Cloudflare> {
  const state: State = {
    tokens: new Map(),
    zones: [{ id: hexId(), name: 'example.com', account, status: 'active' }],
    tunnels: [],
    records: [],
    calls: [],
    mistakes: [],
    outage: undefined,
  };
  const server = createServer((request, response) => void answer(state, request, response));
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const origin = `http://${host}:${(server.address() as AddressInfo).port}`;
  return Object.assign(state, {
    base: `${origin}/client/v4`,
    edge: `${origin}/edge`,
    tokenOf,
    addTunnel: (tunnel: Parameters<Cloudflare['addTunnel']>[0]) => addTunnel(state, tunnel),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://api');
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  if (state.outage !== undefined) {
    response.writeHead(state.outage, { 'content-type': 'text/html' }).end('<h1>away</h1>');
    return;
  }
  const path = url.pathname;
  const { status, result, error } = path.startsWith('/edge/')
    ? edge(state, path, text)
    : api(state, request, { path: path.replace('/client/v4', ''), query: url.searchParams, text });
  const content = {
    success: error === undefined,
    errors: error ? [error] : [],
    messages: [],
    result: result ?? null,
  };
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
}

function api(
  state: State,
  request: IncomingMessage,
  { path, query, text }: { readonly path: string; readonly query: URLSearchParams; readonly text: string },
): Reply {
  const method = request.method ?? '';
  state.calls.push(`${method} ${path}${query.size === 0 ? '' : `?${query}`}`);
  const [, token = ''] = /^Bearer ([A-Za-z0-9_-]{40,100})$/.exec(request.headers.authorization ?? '') ?? [];
  if (token === '') return refuse(state, 400, 6003, 'Invalid request headers');
  const rights = state.tokens.get(token);
  if (rights === undefined) return { status: 401, error: { code: 1000, message: 'Invalid API Token' } };
  const hasBody = ['POST', 'PUT', 'PATCH'].includes(method);
  if (hasBody !== (request.headers['content-type'] === 'application/json'))
    return refuse(state, 415, 10_001, `${method} with content type ${request.headers['content-type']}`);
  const body = hasBody ? (JSON.parse(text) as Record<string, unknown>) : {};
  for (const [wanted, shape, handler] of routes) {
    const found = wanted === method ? shape.exec(path) : null;
    if (found !== null) return handler(state, { method, path, query, body, rights }, found.slice(1));
  }
  return refuse(state, 404, 7003, `Could not route to ${path}, perhaps your object identifier is invalid?`);
}

/** cloudflared.mjs shows its key here, and gets the configuration of its tunnel. */
function edge(state: State, path: string, text: string): Reply {
  if (path !== '/edge/register') return refuse(state, 404, 0, `edge: ${path}`);
  const { a, t, s } = JSON.parse(text) as Record<string, string>;
  const tunnel = state.tunnels.find(({ id, deletedAt }) => id === t && deletedAt === null);
  if (tunnel === undefined || tunnel.account !== a)
    return { status: 403, error: { code: 0, message: 'Unauthorized: Tunnel not found' } };
  if (tunnel.secret !== s)
    return { status: 403, error: { code: 0, message: 'Unauthorized: Invalid tunnel secret' } };
  return {
    status: 200,
    result: { config: tunnel.source === 'local' ? null : (tunnel.config ?? { ingress: [] }) },
  };
}
