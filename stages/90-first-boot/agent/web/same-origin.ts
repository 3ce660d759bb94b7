import type { IncomingHttpHeaders } from 'node:http';
import { URL } from 'node:url';

/**
 * Tells whether a POST comes from a page of this device. Every browser says in `Origin` where a form stood; browsers that
 * leave it out for pages of the same origin have at least a `Referer`. "null" (a sandboxed frame, a file) is foreign.
 */
export function isSameOrigin(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return false;
  const own = originOf(`http://${headers.host ?? ''}`);
  const from = headers.origin ?? headers.referer;
  return own !== undefined && from !== undefined && originOf(from) === own;
}

function originOf(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { origin, protocol } = new URL(address);
  return protocol === 'http:' ? origin : undefined;
}
