import { createHash } from 'node:crypto';
import { iconFile } from './drawings.ts';
import type { Reply } from './reply.ts';
import { script } from './script.ts';
import { style } from './style.ts';

/** Files that are the same on every device. Their address changes with their content, so browsers keep them. */
export const stylePath = `/style-${shortHash(style)}.css`;
export const scriptPath = `/script-${shortHash(script)}.js`;

const kept = { 'Cache-Control': 'public, max-age=31536000, immutable' };
const assets: Readonly<Record<string, Reply>> = {
  [stylePath]: { status: 200, type: 'text/css; charset=utf-8', body: style, headers: kept },
  [scriptPath]: { status: 200, type: 'text/javascript; charset=utf-8', body: script, headers: kept },
  '/icon.svg': {
    status: 200,
    type: 'image/svg+xml',
    body: iconFile,
    headers: { ...kept, 'Cache-Control': 'public, max-age=86400' },
  },
};

/** The file at this path, if there is one. */
export function assetAt(path: string): Reply | undefined {
  return Object.hasOwn(assets, path) ? assets[path] : undefined;
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
