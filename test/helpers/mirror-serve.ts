import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { MirrorFile } from './mirror-cache.ts';

/** What may go wrong with a body. */
export type BodyFault = 'cut' | 'garbled' | 'stalled';

/** Answers with a file as web servers do: HEAD, Range with If-Range, 304 for If-None-Match and If-Modified-Since. */
export async function serveFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: MirrorFile,
  fault?: BodyFault,
): Promise<void> {
  response.setHeader('etag', file.etag);
  response.setHeader('last-modified', file.modifiedAt.toUTCString());
  response.setHeader('accept-ranges', 'bytes');
  if (isNotModified(request, file)) {
    response.writeHead(304).end();
    return;
  }
  const range = rangeOf(request, file);
  if (range && range.start >= file.sizeBytes) {
    response.writeHead(416, { 'content-range': `bytes */${file.sizeBytes}` }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: file.sizeBytes };
  const partRange = `bytes ${start}-${end - 1}/${file.sizeBytes}`;
  response.writeHead(range ? 206 : 200, {
    'content-length': end - start,
    ...(range ? { 'content-range': partRange } : {}),
  });
  if (request.method === 'HEAD' || start === end) response.end();
  else await sendBody(response, { file: file.file, start, end }, fault);
}

interface Part {
  readonly file: string;
  readonly start: number;
  /** The first byte that is not sent. */
  readonly end: number;
}

async function sendBody(response: ServerResponse, part: Part, fault: BodyFault | undefined): Promise<void> {
  const isHalf = fault === 'cut' || fault === 'stalled';
  const end = isHalf ? part.start + Math.floor((part.end - part.start) / 2) : part.end;
  if (end > part.start) {
    const source = createReadStream(part.file, { start: part.start, end: end - 1 });
    await (fault === 'garbled'
      ? pipeline(source, inverted(), response)
      : pipeline(source, response, { end: !isHalf }));
  } else response.flushHeaders();
  // What was written must have left before the connection goes.
  if (fault === 'cut') response.socket?.destroySoon();
}

function inverted(): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(
        null,
        chunk.map((byte) => byte ^ 0xff),
      );
    },
  });
}

function isNotModified(request: IncomingMessage, file: MirrorFile): boolean {
  const etags = request.headers['if-none-match'];
  if (etags !== undefined) return etags.split(/\s*,\s*/).some((etag) => etag === '*' || etag === file.etag);
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  // The header has whole seconds.
  return Math.floor(file.modifiedAt.getTime() / 1000) * 1000 <= since;
}

/** The wanted part; undefined for the whole, also where several parts are wanted or If-Range names another version. */
function rangeOf(request: IncomingMessage, file: MirrorFile): { start: number; end: number } | undefined {
  const condition = request.headers['if-range'];
  if (condition !== undefined && condition !== file.etag && condition !== file.modifiedAt.toUTCString()) {
    return undefined;
  }
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') return undefined;
  if (first === '') return { start: Math.max(0, file.sizeBytes - Number(last)), end: file.sizeBytes };
  const end = last === '' ? file.sizeBytes : Math.min(Number(last) + 1, file.sizeBytes);
  return { start: Number(first), end };
}
