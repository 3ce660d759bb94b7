import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import type { AgentContext } from '../context.ts';
import { leaveWhenIdle } from '../web/idle-exit.ts';
import { type CallEntry, calls } from './calls.ts';
import { describeError } from './describe-error.ts';
import { type Keeper, makeKeeper } from './keeper.ts';
import { readAsk } from './read-ask.ts';
import { readBody } from './read-body.ts';
import { KeeperRefusal } from './refusal.ts';

export interface KeeperOptions {
  /** A path for a new socket, or the number of one that systemd handed over. */
  readonly listen: string | number;
  /** Without a connection for this time it calls `leave`. */
  readonly idleMs?: number;
  /** Ends the process; default: closes the server. */
  readonly leave?: () => void;
  /** Milliseconds since the start of the device. Only tests have another one. */
  readonly uptimeMs?: () => number;
}

export interface RunningKeeper {
  readonly server: Server;
  readonly close: () => Promise<void>;
}

const statusOf = { bad: 400, session: 401, phase: 409, tooLong: 413, broken: 500 } as const;

/** Answers door/protocol.ts on a unix socket, as root. Resolves once it listens. */
export function runKeeper(context: AgentContext, options: KeeperOptions): Promise<RunningKeeper> {
  const keeper = makeKeeper(context, options.uptimeMs);
  const server = createServer(
    {
      maxHeaderSize: 4 * 1024,
      headersTimeout: 10_000,
      requestTimeout: 20_000,
      keepAliveTimeout: 2_000,
      connectionsCheckingInterval: 5_000,
    },
    (request, response) => void answer(keeper, request, response),
  );
  // Enough for a page in every tab, little enough for a small device.
  server.maxConnections = 96;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  if (options.idleMs !== undefined)
    leaveWhenIdle(server, options.idleMs, options.leave ?? (() => void close()));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => resolve({ server, close }));
    if (typeof options.listen === 'number') server.listen({ fd: options.listen });
    else {
      rmSync(options.listen, { force: true });
      server.listen(options.listen);
    }
  });
}

async function answer(keeper: Keeper, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const name = nameOf(request);
    const entry = calls.get(name);
    if (entry === undefined) throw new KeeperRefusal('bad', 'no such call');
    const body = await readBody(request);
    if (body === undefined) return refuse(response, 'tooLong');
    const ask = readAsk(body, entry.shape);
    checkSession(keeper, entry, ask);
    send(response, await entry.run(keeper, ask as never), entry.type);
  } catch (error) {
    if (error instanceof KeeperRefusal) return refuse(response, error.reason);
    keeper.context.report(`a call failed: ${describeError(error)}`);
    refuse(response, 'broken');
  }
}

function nameOf({ method, url = '', headers }: IncomingMessage): string {
  const isCall = method === 'POST' && headers['content-type'] === 'application/json';
  const [, name] = /^\/([A-Za-z]{1,20})$/.exec(url) ?? [];
  if (!isCall || name === undefined) throw new KeeperRefusal('bad', 'no call');
  return name;
}

/** Sessions first: who has none is not told the phase by the way in which it is refused. */
function checkSession(keeper: Keeper, entry: CallEntry, ask: Readonly<Record<string, unknown>>): void {
  const phase = keeper.phase();
  if (Object.hasOwn(entry.shape, 'token') && !keeper.sessions.use(String(ask['token']), phase))
    throw new KeeperRefusal('session');
  if (entry.phases !== undefined && !entry.phases.includes(phase)) throw new KeeperRefusal('phase');
}

function send(response: ServerResponse, result: object, type = 'application/json'): void {
  if (result instanceof Readable) {
    response.writeHead(200, { 'Content-Type': type });
    response.flushHeaders();
    // A caller that goes away ends the stream; a stream that breaks ends the connection, so that nobody takes it for whole.
    pipeline(result, response, () => {});
    return;
  }
  const body = JSON.stringify(result);
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

function refuse(response: ServerResponse, refused: keyof typeof statusOf): void {
  if (response.headersSent) return void response.destroy();
  const body = JSON.stringify({ refused });
  // The rest of a body that was not read must not be taken for the next call.
  response.writeHead(statusOf[refused], {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    Connection: 'close',
  });
  response.end(body);
}
