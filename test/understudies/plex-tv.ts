import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands in for plex.tv: gives codes out, and takes each one once and for four minutes. */
export interface PlexTv {
  /** Without / at the end; on loopback. */
  readonly url: string;
  /** A claim code as the page plex.tv/claim shows it to somebody who is signed in. */
  readonly giveCode: () => string;
  /** Lets time go by. */
  readonly pass: (ms: number) => void;
  /** `broken`: answers 503. `busy`: 429. `silent`: takes the call and never answers. `empty`: 200 without a token. */
  readonly behave: (mood: Mood) => void;
  /** Servers that were taken in: token by X-Plex-Client-Identifier. */
  readonly servers: ReadonlyMap<string, string>;
  /** What every call was, also those that were refused: method, path without the code, and why. */
  readonly calls: readonly string[];
  readonly close: () => Promise<void>;
}

export type Mood = 'well' | 'broken' | 'busy' | 'silent' | 'empty';

const lifeMs = 4 * 60_000;
/** What a server has to say of itself, word for word. */
const needed: Readonly<Record<string, RegExp>> = {
  'x-plex-client-identifier': /^[0-9a-f]{40}$/,
  'x-plex-product': /^Plex Media Server$/,
  'x-plex-version': /^\d+(\.\d+)+$/,
  'x-plex-provides': /^server$/,
  'x-plex-platform': /^Linux$/,
  'x-plex-platform-version': /^\S+$/,
  'x-plex-device-name': /^.+$/,
  'x-plex-device': /^Linux$/,
};

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly why: string;
}

/** Starts it on loopback. */
export async function startPlexTv(): Promise<PlexTv> {
  let nowMs = 0;
  let mood: Mood = 'well';
  const codes = new Map<string, number>();
  const servers = new Map<string, string>();
  const calls: string[] = [];
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      if (mood === 'silent') return;
      const reply = mood === 'well' ? exchange(request, { codes, servers, nowMs }) : moody(mood);
      calls.push(`${request.method} ${new URL(request.url ?? '', 'http://plex').pathname} ${reply.why}`);
      response.writeHead(reply.status, { 'Content-Type': 'application/xml' });
      response.end(reply.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    giveCode: () => {
      const code = `claim-${randomBytes(15).toString('base64url')}`;
      codes.set(code, nowMs + lifeMs);
      return code;
    },
    pass: (ms) => {
      nowMs += ms;
    },
    behave: (next) => {
      mood = next;
    },
    servers,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function exchange(
  { method, url = '', headers }: IncomingMessage,
  known: {
    readonly codes: Map<string, number>;
    readonly servers: Map<string, string>;
    readonly nowMs: number;
  },
): Reply {
  const { pathname, searchParams } = new URL(url, 'http://plex');
  if (pathname !== '/api/claim/exchange') return error(404, 'not found');
  if (method !== 'POST') return error(405, 'wrong method');
  const wrong = Object.entries(needed).find(([name, shape]) => !shape.test(String(headers[name] ?? '')));
  if (wrong !== undefined) return error(400, `bad header ${wrong[0]}`);
  const names = [...searchParams.keys()];
  if (names.join() !== 'token') return error(400, 'bad query');
  const code = searchParams.get('token') ?? '';
  const untilMs = known.codes.get(code);
  if (untilMs === undefined) return error(401, 'unknown code');
  known.codes.delete(code);
  if (untilMs <= known.nowMs) return error(401, 'expired code');
  const token = randomBytes(15).toString('base64url');
  known.servers.set(String(headers['x-plex-client-identifier']), token);
  return { status: 201, why: 'taken in', body: xml(`<authentication-token>${token}</authentication-token>`) };
}

function moody(mood: Exclude<Mood, 'well' | 'silent'>): Reply {
  if (mood === 'empty') return { status: 200, why: mood, body: xml('') };
  return error(mood === 'busy' ? 429 : 503, mood);
}

function error(status: number, why: string): Reply {
  return { status, why, body: xml(`<errors><error>${why}</error></errors>`) };
}

function xml(inside: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<response>${inside}</response>\n`;
}
