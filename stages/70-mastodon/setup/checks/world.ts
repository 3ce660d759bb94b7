import { promises as dns } from 'node:dns';
import { isIP } from 'node:net';
import type { DeviceLook } from '../../../90-first-boot/agent/device/door.ts';
import { httpCall, type Place, PublicFailure } from './http-call.ts';

export type RecordType = 'A' | 'AAAA' | 'TXT';

/** The Internet, as the doctor sees it. A test has its own. */
export interface World {
  /** The records of a name by a public resolver; none if there is no such name. Throws PublicFailure: `no-resolver`. */
  readonly resolve: (name: string, type: RecordType) => Promise<readonly string[]>;
  /** Addresses of a name by the resolver that the device uses; none if it does not know it. */
  readonly lookHere: (name: string) => Promise<readonly string[]>;
  /** Where visitors of a name are led to. Throws PublicFailure: `no-name`, `no-resolver`. */
  readonly connect: (name: string) => Promise<Place>;
  /** By how many seconds the device's clock is ahead of a server's in the Internet; undefined if none tells. */
  readonly clockAheadSeconds: () => Promise<number | undefined>;
  readonly nowMs: () => number;
}

interface Settings {
  /** Address of a resolver that answers over HTTPS in JSON (`?name=…&type=…`, `application/dns-json`). */
  readonly resolver: string;
  /** All public names are reached here, without TLS; for tests: `http://10.0.2.2:8080`. */
  readonly edge?: string;
}

const settingsFile = '/usr/lib/hearth/mastodon.json';
const timeoutMs = 6_000;

/** The real Internet, with the resolver of the image's settings. It asks for the same name only once. */
export function realWorld({ read }: Pick<DeviceLook, 'read'>): World {
  const settings = readSettings(read(settingsFile));
  const known = new Map<string, Promise<readonly string[]>>();
  const resolve: World['resolve'] = (name, type) => {
    const key = `${type} ${name}`;
    const found = known.get(key) ?? askResolver(settings.resolver, name, type);
    known.set(key, found);
    return found;
  };
  return {
    resolve,
    lookHere: async (name) => {
      const found = await dns.lookup(name, { all: true }).catch(() => []);
      return found.map(({ address }) => address);
    },
    connect: async (name) =>
      settings.edge === undefined ? await publicPlace(resolve, name) : placeOf(settings.edge),
    clockAheadSeconds: async () => await clockAhead(settings.resolver),
    nowMs: Date.now,
  };
}

function readSettings(text: string | undefined): Settings {
  const settings = text === undefined ? {} : (JSON.parse(text) as Partial<Settings>);
  return { resolver: 'https://cloudflare-dns.com/dns-query', ...settings };
}

async function publicPlace(resolve: World['resolve'], name: string): Promise<Place> {
  const [four, six] = await Promise.all([resolve(name, 'A'), resolve(name, 'AAAA')]);
  const addresses = [...four, ...six];
  if (addresses.length === 0) throw new PublicFailure('no-name', name);
  return { addresses, port: 443 };
}

function placeOf(edge: string): Place {
  const { hostname, port } = new URL(edge);
  return { addresses: [hostname.replace(/^\[|\]$/g, '')], port: Number(port || '80'), isPlain: true };
}

const numbers = { A: 1, TXT: 16, AAAA: 28 } as const;

async function askResolver(resolver: string, name: string, type: RecordType): Promise<readonly string[]> {
  const { text, status } = await callResolver(resolver, name, type);
  const { Status, Answer = [] } = answerOf(text);
  // 3: there is no such name.
  if (status !== 200 || (Status !== 0 && Status !== 3)) throw new PublicFailure('no-resolver', name);
  const found = Answer.filter((one) => one.type === numbers[type]).map(({ data }) => data ?? '');
  return type === 'TXT' ? found.map(plainText) : found.filter((address) => isIP(address) !== 0);
}

async function clockAhead(resolver: string): Promise<number | undefined> {
  const startMs = Date.now();
  try {
    const { header } = await callResolver(resolver, 'example.com', 'A');
    // The header has whole seconds: half of one is lost on average.
    const thereMs = Date.parse(header('date')) + 500;
    const hereMs = (startMs + Date.now()) / 2;
    return Number.isNaN(thereMs) ? undefined : (hereMs - thereMs) / 1_000;
  } catch (error) {
    if (error instanceof PublicFailure) return undefined;
    throw error;
  }
}

async function callResolver(resolver: string, name: string, type: RecordType) {
  const query = new URLSearchParams({ name, type }).toString();
  try {
    return await httpCall(`${resolver}?${query}`, {
      headers: { Accept: 'application/dns-json' },
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    if (error instanceof PublicFailure) throw new PublicFailure('no-resolver', name);
    throw error;
  }
}

interface ResolverAnswer {
  readonly Status?: number;
  readonly Answer?: readonly { readonly type?: number; readonly data?: string }[];
}

function answerOf(text: string): ResolverAnswer {
  try {
    return { ...(JSON.parse(text) as ResolverAnswer | null) };
  } catch {
    return {};
  }
}

/** A TXT record comes in quoted pieces that belong together. */
function plainText(data: string): string {
  const pieces = [...data.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, piece = '']) =>
    piece.replace(/\\(.)/g, '$1'),
  );
  return pieces.length === 0 ? data : pieces.join('');
}
