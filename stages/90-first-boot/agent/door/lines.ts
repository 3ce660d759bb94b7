import type { Readable } from 'node:stream';

const maxLineLength = 1024 * 1024;

/** The lines of a stream of UTF-8 text, without their ends; empty ones are left out. Throws if one is longer than 1 MiB. */
export async function* readLines(stream: Readable): AsyncGenerator<string> {
  stream.setEncoding('utf8');
  let rest = '';
  for await (const part of stream as AsyncIterable<string>) {
    const lines = (rest + part).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maxLineLength) throw new Error('a line is too long');
    for (const line of lines) if (line !== '') yield line;
  }
  if (rest !== '') yield rest;
}
