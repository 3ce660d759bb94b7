import { type GetOptions, get } from './http-get.ts';
import { FetchTrouble, troubleOf } from './trouble.ts';

/** Reads an answer that fits into the memory. Throws a FetchTrouble, also for one that is longer. */
export async function readSmall(address: string, maxBytes: number, options: GetOptions): Promise<Buffer> {
  const answer = await get(address, options);
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const part of answer.response) {
      answer.heard();
      parts.push(part as Buffer);
      sizeBytes += (part as Buffer).length;
      if (sizeBytes > maxBytes)
        throw new FetchTrouble('content', answer.host, `sends more than ${maxBytes} bytes`);
    }
    return Buffer.concat(parts);
  } catch (error) {
    throw troubleOf(error, answer.host, options.isConnected());
  } finally {
    answer.end();
  }
}
