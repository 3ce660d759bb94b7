import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { Reply } from './reply.ts';

/** Nothing but the device's own files may be loaded or run, and forms go nowhere else. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const drawingPolicy = "default-src 'none'; style-src 'unsafe-inline'";

const fixedHeaders = {
  'Content-Security-Policy': contentSecurityPolicy,
  'Cache-Control': 'no-store',
  'Cross-Origin-Resource-Policy': 'same-origin',
  // Not "no-referrer": with that, browsers send "Origin: null" with our own forms too.
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  Vary: 'Accept-Encoding, Accept-Language, Cookie',
} as const;

/** Below this a compressed text is not worth the work. */
const smallBytes = 512;

/** Sends a reply with the headers that every answer has. Ends when it is sent or the visitor is gone. */
export async function send(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
  const { body } = reply;
  const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.from(body) : undefined;
  const isPacked = bytes !== undefined && bytes.length > smallBytes && acceptsGzip(request);
  const content = isPacked ? gzipSync(bytes) : bytes;
  response.writeHead(reply.status, {
    ...fixedHeaders,
    'Content-Type': reply.type,
    ...(reply.type === 'image/svg+xml' ? { 'Content-Security-Policy': drawingPolicy } : {}),
    ...(content === undefined ? {} : { 'Content-Length': content.length }),
    ...(isPacked ? { 'Content-Encoding': 'gzip' } : {}),
    ...reply.headers,
    ...(reply.cookies?.length ? { 'Set-Cookie': [...reply.cookies] } : {}),
    // A body that nobody reads must not stay in the way of the next request on this connection.
    ...(request.complete ? {} : { Connection: 'close' }),
  });
  if (request.method === 'HEAD') response.end();
  else if (content !== undefined) response.end(content);
  else await sendStream(body as AsyncIterable<string | Buffer>, response);
}

function sendStream(body: AsyncIterable<string | Buffer>, response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    pipeline(Readable.from(body), response, (error) => (error ? reject(error) : resolve()));
  });
}

function acceptsGzip(request: IncomingMessage): boolean {
  return String(request.headers['accept-encoding'] ?? '')
    .split(',')
    .some((item) => /^gzip(?:;q=(?!0(?:\.0*)?$).*)?$/i.test(item.replaceAll(/\s/g, '')));
}
