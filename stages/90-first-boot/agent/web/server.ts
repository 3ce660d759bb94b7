import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { DeviceStatus } from '../device/status.ts';
import { iconFile } from './drawings.ts';
import { type OwnNames, ownHost } from './host-header.ts';
import { chooseTexts } from './language.ts';
import { contentSecurityPolicy } from './layout.ts';
import { type Problem, renderProblemPage } from './problem-page.ts';
import { renderStatusPage } from './status-page.ts';

/** What the web process knows of the device, and all that it can do with it: read. */
export interface WebDoors {
  readonly ownNames: () => OwnNames;
  readonly readStatus: () => Promise<DeviceStatus>;
  readonly report: (problem: string) => void;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const problemStatus: Readonly<Record<Problem, number>> = {
  badRequest: 400,
  notFound: 404,
  wrongMethod: 405,
  wrongHost: 421,
  internal: 500,
};

/** The web server, not yet listening. Its limits keep one visitor from using up a small device. */
export function createWebServer(doors: WebDoors): Server {
  const server = createServer(
    {
      maxHeaderSize: 8 * 1024,
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: 5_000,
    },
    (request, response) => void answer(request, doors).then((reply) => send(request, response, reply)),
  );
  server.maxConnections = 64;
  return server;
}

async function answer(request: IncomingMessage, doors: WebDoors): Promise<Answer> {
  const texts = chooseTexts(request.headers['accept-language']);
  const problem = (kind: Problem): Answer => ({
    status: problemStatus[kind],
    type: 'text/html; charset=utf-8',
    body: renderProblemPage(kind, texts),
    headers: {
      'Content-Language': texts.language,
      ...(kind === 'wrongMethod' ? { Allow: 'GET, HEAD' } : {}),
    },
  });
  try {
    const own = doors.ownNames();
    const { host: hosts = [] } = request.headersDistinct;
    if (hosts.length !== 1) return problem('badRequest');
    const host = ownHost(hosts[0] ?? '', own);
    if (host === undefined) return problem('wrongHost');
    if (request.method !== 'GET' && request.method !== 'HEAD') return problem('wrongMethod');
    switch (request.url?.split('?')[0]) {
      case '/': {
        const localName = host.endsWith('.local') ? host : `${own.hostname}.local`;
        const body = renderStatusPage(await doors.readStatus(), localName, texts);
        return {
          status: 200,
          type: 'text/html; charset=utf-8',
          body,
          headers: { 'Content-Language': texts.language },
        };
      }
      case '/icon.svg':
        return { status: 200, type: 'image/svg+xml', body: iconFile };
      default:
        return problem('notFound');
    }
  } catch (error) {
    doors.report(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return problem('internal');
  }
}

function send(request: IncomingMessage, response: ServerResponse, reply: Answer): void {
  const body = Buffer.from(reply.body);
  response.writeHead(reply.status, {
    'Content-Type': reply.type,
    'Content-Length': body.length,
    'Content-Security-Policy':
      reply.type === 'image/svg+xml'
        ? "default-src 'none'; style-src 'unsafe-inline'"
        : contentSecurityPolicy,
    'Cache-Control': 'no-store',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    Vary: 'Accept-Language',
    ...reply.headers,
    // A body that nobody reads must not stay in the way of the next request on this connection.
    ...(request.method === 'GET' || request.method === 'HEAD' ? {} : { Connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
