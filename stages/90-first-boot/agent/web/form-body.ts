import type { IncomingMessage } from 'node:http';

/** The fields of a form by name. Line ends are `\n`. */
export type Form = ReadonlyMap<string, string>;

export const noForm: Form = new Map();

export type FormProblem = 'badRequest' | 'tooLarge' | 'wrongType';

const maxBytes = 32 * 1024;
const maxFields = 100;
const formType = /^application\/x-www-form-urlencoded(?:\s*;\s*charset="?utf-8"?)?$/i;

/** Reads the body of a POST. Gives what is wrong with it as a word; never more than the limit is kept in memory. */
export async function readForm(request: IncomingMessage): Promise<Form | FormProblem> {
  const types = request.headersDistinct['content-type'] ?? [];
  if (types.length !== 1 || !formType.test(types[0] ?? '')) return 'wrongType';
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return 'tooLarge';
  const parts: Buffer[] = [];
  let size = 0;
  // What is too much stays unread, but the connection stays for the answer.
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxBytes) return 'tooLarge';
    parts.push(part);
  }
  return parseForm(Buffer.concat(parts).toString('latin1')) ?? 'badRequest';
}

/** Takes a form apart; undefined if it is malformed, has a name twice or too many fields. */
export function parseForm(text: string): Form | undefined {
  const pairs = text === '' ? [] : text.split('&');
  if (pairs.length > maxFields) return undefined;
  const form = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    const value = decode(at < 0 ? '' : pair.slice(at + 1));
    if (name === undefined || value === undefined || name === '' || form.has(name)) return undefined;
    form.set(name, value.replaceAll('\r\n', '\n'));
  }
  return form;
}

function decode(text: string): string | undefined {
  // Browsers send nothing but ASCII in this form.
  if (!/^[\x21-\x7e]*$/.test(text)) return undefined;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
