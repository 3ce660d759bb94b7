import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** How a server answers one request. `fromByte` is what the client asks for, 0 without a range. */
export type Manner = (ask: {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly content: Buffer;
  readonly fromByte: number;
  readonly send: (body: Buffer) => void;
}) => void | Promise<void>;

export interface FileServer {
  readonly url: string;
  /** `GET /path bytes=…` for each request. */
  readonly asked: string[];
  /** Bytes of bodies that were sent. */
  readonly sentBytes: () => number;
  readonly close: () => Promise<void>;
}

export function randomContent(sizeBytes: number): Buffer {
  return randomBytes(sizeBytes);
}

export function digestOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The n-th request gets the n-th manner, all further ones the last. Listens on 127.0.0.1. */
export async function serve(
  content: Buffer,
  manners: readonly Manner[] = [plain],
  tls?: { readonly key: string; readonly cert: string },
): Promise<FileServer> {
  const asked: string[] = [];
  let sentBytes = 0;
  const listener: RequestListener = (request, response) => {
    const range = request.headers.range ?? '';
    asked.push(`${request.method} ${request.url} ${range}`.trim());
    const manner = manners[Math.min(asked.length, manners.length) - 1] ?? plain;
    const send = (body: Buffer) => {
      sentBytes += body.length;
      response.write(body);
    };
    const fromByte = Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? 0);
    response.on('error', () => {});
    void manner({ request, response, content, fromByte, send });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    asked,
    sentBytes: () => sentBytes,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** As a good server does it. */
export const plain: Manner = ({ response, content, fromByte, send }) => {
  head(response, content, fromByte);
  send(content.subarray(fromByte));
  response.end();
};

/** Breaks the connection after so many bytes. */
export function cutAfter(countBytes: number): Manner {
  return async ({ response, content, fromByte, send }) => {
    head(response, content, fromByte);
    send(content.subarray(fromByte, fromByte + countBytes));
    await wait(50);
    response.destroy();
  };
}

/** Sends in pieces with pauses. */
export function slowly(pieceBytes: number, pauseMs: number): Manner {
  return async ({ response, content, fromByte, send }) => {
    head(response, content, fromByte);
    for (let at = fromByte; at < content.length && !response.destroyed; at += pieceBytes) {
      send(content.subarray(at, at + pieceBytes));
      await wait(pauseMs);
    }
    response.end();
  };
}

/** Says nothing more after so many bytes, and keeps the connection. */
export function silentAfter(countBytes: number): Manner {
  return ({ response, content, fromByte, send }) => {
    head(response, content, fromByte);
    send(content.subarray(fromByte, fromByte + countBytes));
  };
}

/** Sends the whole file whatever part was asked for. */
export const ignoresRange: Manner = ({ response, content, send }) => {
  head(response, content, 0);
  send(content);
  response.end();
};

/** Sends something else of the same size. */
export const wrongContent: Manner = ({ response, content, fromByte, send }) => {
  head(response, content, fromByte);
  send(Buffer.alloc(content.length - fromByte, 'x'));
  response.end();
};

/** Tells a size that is not the one of the list. */
export const otherSize: Manner = ({ response, send }) => {
  response.writeHead(200, { 'content-length': 20 });
  send(Buffer.from('<html>sign in</html>'));
  response.end();
};

/** Tells no size, and sends more than there is. */
export const tooMuch: Manner = ({ response, content, send }) => {
  response.writeHead(200);
  send(content);
  send(Buffer.alloc(100));
  response.end();
};

export function status(code: number): Manner {
  return ({ response }) => {
    response.writeHead(code, { 'content-type': 'text/plain' });
    response.end('no');
  };
}

export function redirectTo(location: string): Manner {
  return ({ response }) => {
    response.writeHead(302, { location });
    response.end('elsewhere');
  };
}

function head(response: ServerResponse, content: Buffer, fromByte: number): void {
  const rest = content.length - fromByte;
  if (fromByte === 0) response.writeHead(200, { 'content-length': rest });
  else
    response.writeHead(206, {
      'content-length': rest,
      'content-range': `bytes ${fromByte}-${content.length - 1}/${content.length}`,
    });
}
