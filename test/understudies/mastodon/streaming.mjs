import { createHash } from 'node:crypto';
import http from 'node:http';
import { connected, openRedis } from './connect.mjs';
import { readEnvironment } from './environment.mjs';
import { literal } from './postgres.mjs';
import { log, refuse } from './refuse.mjs';

const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** `node ./streaming/index.js` */
export async function runStreaming() {
  const env = readEnvironment('streaming');
  const database = await connected({ ...env, DB_SSLMODE: tlsOf(env.DB_SSLMODE) });
  const redis = await openRedis(env);
  const lost = (error) => {
    log(`streaming: ${error.message}`);
    process.exit(1);
  };
  setInterval(() => void redis.ask('PING').catch(lost), 10_000);
  const port = Number(env.PORT ?? 4000);
  const server = http.createServer((request, reply) => answer(request, reply));
  server.on(
    'upgrade',
    (request, socket) => void upgrade({ database, request, socket }).catch(() => socket.destroy()),
  );
  server.listen(port, env.BIND ?? '127.0.0.1', () =>
    log(`Streaming API now listening on ${env.BIND ?? '127.0.0.1'}:${port}`),
  );
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(0));
}

/** Streaming's own rule: all but these words insist on TLS. */
function tlsOf(mode) {
  if (mode === undefined || mode === '' || mode === 'disable') return 'disable';
  return mode === 'no-verify' ? mode : 'require';
}

function answer({ url, method }, reply) {
  const { pathname } = new URL(url, 'http://streaming');
  if (pathname === '/api/v1/streaming/health')
    return reply.writeHead(200, { 'content-type': 'text/plain' }).end('OK');
  if (pathname === '/metrics')
    return reply.writeHead(200, { 'content-type': 'text/plain' }).end('connected_clients 0\n');
  if (pathname === '/favicon.ico') return reply.writeHead(404).end();
  const isStream = pathname.startsWith('/api/v1/streaming');
  const status = isStream && method === 'GET' ? 401 : 404;
  const error = status === 401 ? 'Missing access token' : 'Not found';
  return reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
}

/** A token is `owner-NAME`, of an account that is there. */
async function upgrade({ database, request, socket }) {
  socket.on('error', () => {});
  const { pathname, searchParams } = new URL(request.url, 'http://streaming');
  const refused = (status) =>
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  if (!pathname.startsWith('/api/v1/streaming')) return refused('404 Not Found');
  const key = request.headers['sec-websocket-key'];
  if (request.headers.upgrade?.toLowerCase() !== 'websocket' || key === undefined)
    return refused('400 Bad Request');
  const token =
    searchParams.get('access_token') ?? /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const [, name] = /^owner-(\w+)$/.exec(token ?? request.headers['sec-websocket-protocol'] ?? '') ?? [];
  if (name === undefined) return refused('401 Unauthorized');
  const found = await database.query(
    `SELECT 1 FROM accounts WHERE domain IS NULL AND lower(username) = lower(${literal(name)})`,
  );
  if (found.length === 0) return refused('401 Unauthorized');
  const accept = createHash('sha1')
    .update(key + magic)
    .digest('base64');
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  socket.write(frame(JSON.stringify({ stream: ['user'], event: 'hello', payload: name })));
  const beat = setInterval(() => socket.write(Buffer.from([0x89, 0])), 15_000);
  socket.on('close', () => clearInterval(beat));
  socket.on('data', (part) => {
    if ((part[0] & 0x0f) === 8) socket.end(Buffer.from([0x88, 0]));
  });
  return undefined;
}

function frame(text) {
  const body = Buffer.from(text);
  if (body.length > 125) refuse('too long for a short frame');
  return Buffer.concat([Buffer.from([0x81, body.length]), body]);
}
