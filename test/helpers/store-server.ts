import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type LoopbackServer, listen } from './mirror-listen.ts';
import { startOf } from './mirror-steps.ts';

/** What happens to a file on its way: the connection ends at this byte, or says no more and stays open. */
export interface Interruption {
  readonly atByte: number;
  readonly how: 'cut' | 'hold';
}

export interface StoreServer extends LoopbackServer {
  /** Each answered question: path and first byte. */
  readonly requests: readonly { readonly path: string; readonly startByte: number }[];
  /** True once a connection was held. */
  readonly isHeld: () => boolean;
}

/**
 * Serves the files of a folder, with ranges. The interruptions come one after another, each time a file is asked for that
 * has bytes behind the next one's; then all goes well.
 */
export async function serveStore(
  folder: string,
  interruptions: readonly Interruption[],
): Promise<StoreServer> {
  const requests: { path: string; startByte: number }[] = [];
  const left = [...interruptions];
  let isHeld = false;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url ?? '/', 'http://store').pathname;
    const file = `${folder}${path}`;
    const sizeBytes = await stat(file).then(
      ({ size }) => size,
      () => undefined,
    );
    if (sizeBytes === undefined || path.includes('..')) {
      response.writeHead(404).end();
      return;
    }
    const startByte = startOf(request);
    requests.push({ path, startByte });
    const range = { 'content-range': `bytes ${startByte}-${sizeBytes - 1}/${sizeBytes}` };
    response.writeHead(startByte > 0 ? 206 : 200, {
      'content-length': sizeBytes - startByte,
      ...(startByte > 0 ? range : {}),
    });
    const [next] = left;
    const isMeant = next !== undefined && startByte < next.atByte && next.atByte < sizeBytes;
    if (!isMeant) {
      createReadStream(file, { start: startByte }).pipe(response);
      return;
    }
    left.shift();
    const part = createReadStream(file, { start: startByte, end: next.atByte - 1 });
    part.pipe(response, { end: false });
    // Some time for the client to read what was sent.
    part.once('close', () =>
      setTimeout(() => {
        if (next.how === 'cut') response.destroy();
        else isHeld = true;
      }, 5_000),
    );
  };
  const server = await listen((request, response) => void answer(request, response));
  return { ...server, requests, isHeld: () => isHeld };
}
