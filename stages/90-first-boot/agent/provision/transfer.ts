import type { IncomingMessage } from 'node:http';
import { type Answer, type AskOptions, get } from './http-get.ts';
import type { Content, Partial } from './partial.ts';
import type { Source } from './search.ts';
import { FetchTrouble, troubleOf } from './trouble.ts';

export interface Transfer {
  readonly source: Source;
  readonly content: Content;
  readonly partial: Partial;
  readonly options: AskOptions;
  /** Called whenever more of the file is there. */
  readonly onBytes: () => void;
}

/**
 * Brings in what is missing of the file from one address. What came in stays, and is synced, also when this throws: a
 * FetchTrouble, or an error of the disk.
 */
export async function transfer(one: Transfer): Promise<void> {
  const { source, content, partial, options } = one;
  if (partial.lengthBytes() === content.sizeBytes) return;
  const { address, identity } = source;
  const answer = await get(address, { ...options, identity, fromByte: partial.lengthBytes() });
  try {
    const startByte = await startOf(answer, content, partial);
    await receive(one, answer, startByte);
  } catch (error) {
    throw troubleOf(error, answer.host, options.isConnected());
  } finally {
    answer.end();
    await partial.sync();
  }
}

/** Where in the file the body begins. Sizes are compared before the first byte is taken. */
async function startOf({ response, host }: Answer, content: Content, partial: Partial): Promise<number> {
  const { statusCode, headers } = response;
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new FetchTrouble('content', host, `encoded as ${encoding}`);
  if (statusCode === 206) return startOfRange(headers['content-range'], { host, content, partial });
  if (statusCode === 416) {
    await partial.empty();
    throw new FetchTrouble('cut', host, 'does not know the rest of the file');
  }
  refuseSize(host, contentLength(response), content.sizeBytes);
  return 0;
}

function startOfRange(
  range: string | undefined,
  { host, content, partial }: { readonly host: string; readonly content: Content; readonly partial: Partial },
): number {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range ?? '') ?? [];
  const startByte = Number(start);
  if (start === undefined || startByte > partial.lengthBytes())
    throw new FetchTrouble('content', host, `sends another part than asked for: ${range}`);
  refuseSize(host, total === '*' ? undefined : Number(total), content.sizeBytes);
  return startByte;
}

function refuseSize(host: string, sizeBytes: number | undefined, wantedBytes: number): void {
  if (sizeBytes !== undefined && sizeBytes !== wantedBytes)
    throw new FetchTrouble('content', host, `has ${sizeBytes} bytes instead of ${wantedBytes}`);
}

function contentLength({ headers }: IncomingMessage): number | undefined {
  const length = headers['content-length'];
  return length === undefined ? undefined : Number(length);
}

/** A server that ignores the wish for the rest sends all: what is there already is passed over, not thrown away. */
async function receive(
  { content, partial, onBytes }: Transfer,
  answer: Answer,
  startByte: number,
): Promise<void> {
  const { response, host, heard } = answer;
  let position = startByte;
  for await (const chunk of response) {
    heard();
    const bytes = chunk as Buffer;
    const news = bytes.subarray(Math.max(0, partial.lengthBytes() - position));
    position += bytes.length;
    if (position > content.sizeBytes)
      throw new FetchTrouble('content', host, `sends more than ${content.sizeBytes} bytes`);
    if (news.length > 0) await partial.append(news);
    // A slow card is no reason to call the network dead.
    heard();
    onBytes();
  }
  if (position < content.sizeBytes) throw new FetchTrouble('content', host, `ends after ${position} bytes`);
}
