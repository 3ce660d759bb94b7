import type { LocalText } from '../../90-first-boot/agent/text/local-text.ts';

/** What the token of a tunnel says. */
export interface TunnelToken {
  /** Id of the Cloudflare account, 32 hex digits. */
  readonly account: string;
  /** UUID of the tunnel, small letters. */
  readonly tunnel: string;
  /** The token itself, written the one way that cloudflared reads for sure. */
  readonly text: string;
}

export type TokenFinding =
  | { readonly token: TunnelToken; readonly problem?: undefined }
  | { readonly token?: undefined; readonly problem: LocalText };

/**
 * Finds the token of a tunnel in what somebody pasted: the token alone, any command line of Cloudflare's pages around it,
 * with quotes and line breaks, or the JSON of a credentials file.
 */
export function findTunnelToken(pasted: string): TokenFinding {
  // Invisible format characters come along when a page is copied.
  const text = pasted
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll(/\\\r?\n/g, '\n')
    .trim();
  if (text.startsWith('{')) return checked(parseJson(text), credentialNames);
  const plain = text.replaceAll(/["'`]/g, ' ').trim();
  const begin = plain.indexOf('eyJ');
  return begin === -1 ? { problem: strangeText(plain) } : fromPieces(plain.slice(begin).split(/\s+/));
}

/** What is wrong with a token of the API (offline), or undefined. */
export function apiTokenProblem(pasted: string): LocalText | undefined {
  const text = pasted.trim();
  if (findTunnelToken(text).token !== undefined) return messages.tunnelTokenHere;
  if (/^[0-9a-f]{37}$/.test(text)) return messages.globalKey;
  return /^[A-Za-z0-9_-]{40,100}$/.test(text) ? undefined : messages.notApiToken;
}

interface Names {
  readonly account: string;
  readonly tunnel: string;
  readonly secret: string;
  readonly endpoint: string;
}
const tokenNames: Names = { account: 'a', tunnel: 't', secret: 's', endpoint: 'e' };
const credentialNames: Names = {
  account: 'AccountTag',
  tunnel: 'TunnelID',
  secret: 'TunnelSecret',
  endpoint: 'Endpoint',
};

/** A terminal breaks long lines: pieces are joined until they make sense. */
function fromPieces(pieces: readonly string[]): TokenFinding {
  if (/^eyJ[\w-]+\.[\w-]+/.test(pieces[0] ?? '')) return { problem: messages.otherKey };
  let joined = '';
  for (const piece of pieces) {
    const part = piece.replace(/[.,;)]+$/, '');
    if (!/^[A-Za-z0-9+/]+=*$/.test(part)) break;
    joined += part;
    const json = parseJson(Buffer.from(joined, 'base64').toString());
    if (json !== undefined) return checked(json, tokenNames);
  }
  return { problem: messages.cut };
}

function checked(json: Readonly<Record<string, unknown>> | undefined, names: Names): TokenFinding {
  if (json === undefined) return { problem: messages.cut };
  const [account, tunnel, secret] = [json[names.account], json[names.tunnel], json[names.secret]];
  if (typeof account !== 'string' || typeof tunnel !== 'string' || typeof secret !== 'string')
    return { problem: messages.otherKey };
  const bytes = Buffer.from(secret, 'base64');
  const isWhole =
    /^[0-9a-f]{32}$/i.test(account) &&
    /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(tunnel) &&
    /^[A-Za-z0-9+/]+=*$/.test(secret) &&
    bytes.length >= 16;
  if (!isWhole) return { problem: messages.damaged };
  const endpoint = json[names.endpoint];
  const content = {
    a: account.toLowerCase(),
    t: tunnel.toLowerCase(),
    s: bytes.toString('base64'),
    ...(typeof endpoint === 'string' && endpoint !== '' ? { e: endpoint } : {}),
  };
  const text = Buffer.from(JSON.stringify(content)).toString('base64');
  return { token: { account: content.a, tunnel: content.t, text } };
}

function parseJson(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json = JSON.parse(text) as unknown;
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function strangeText(text: string): LocalText {
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return messages.tunnelId;
  if (/^[A-Za-z0-9_-]{37,60}$/.test(text)) return messages.apiTokenHere;
  return /[A-Za-z0-9+/]{80,}=*$/.test(text) ? messages.beginMissing : messages.none;
}

const messages = {
  none: {
    en: 'There is no tunnel token in it. A token is a long text that begins with eyJ.',
    de: 'Darin ist kein Tunnel-Token. Ein Token ist ein langer Text, der mit eyJ beginnt.',
  },
  cut: {
    en: 'The end of the token is missing, or something in the middle. Please copy it once more, with the copy button of Cloudflare.',
    de: 'Das Ende des Tokens fehlt oder etwas in der Mitte. Bitte kopieren Sie es noch einmal, mit dem Kopierknopf von Cloudflare.',
  },
  beginMissing: {
    en: 'The beginning of the token is missing: it begins with eyJ. Please copy it once more.',
    de: 'Der Anfang des Tokens fehlt: Es beginnt mit eyJ. Bitte kopieren Sie es noch einmal.',
  },
  damaged: {
    en: 'The token is damaged. Please copy it once more, with the copy button of Cloudflare.',
    de: 'Das Token ist beschädigt. Bitte kopieren Sie es noch einmal, mit dem Kopierknopf von Cloudflare.',
  },
  otherKey: {
    en: 'This is a key for something else, not the token of a tunnel.',
    de: 'Das ist ein Schlüssel für etwas anderes, nicht das Token eines Tunnels.',
  },
  tunnelId: {
    en: 'This is the ID of a tunnel. Its token is a longer text that begins with eyJ.',
    de: 'Das ist die ID eines Tunnels. Sein Token ist ein längerer Text, der mit eyJ beginnt.',
  },
  apiTokenHere: {
    en: 'This looks like an API token. Choose "With an API token" above, or paste the token of the tunnel, which begins with eyJ.',
    de: 'Das sieht nach einem API-Token aus. Wählen Sie oben „Mit einem API-Token“, oder fügen Sie das Token des Tunnels ein, das mit eyJ beginnt.',
  },
  tunnelTokenHere: {
    en: 'This is the token of a tunnel. Choose "With the token of a tunnel" above, or paste an API token.',
    de: 'Das ist das Token eines Tunnels. Wählen Sie oben „Mit dem Token eines Tunnels“, oder fügen Sie ein API-Token ein.',
  },
  globalKey: {
    en: 'This looks like the global API key, which may do everything. Please create an API token with only the rights named here.',
    de: 'Das sieht nach dem globalen API-Schlüssel aus, der alles darf. Bitte erstellen Sie ein API-Token, das nur die hier genannten Rechte hat.',
  },
  notApiToken: {
    en: 'This is not an API token: that has at least 40 letters, digits, - and _. Please copy it once more.',
    de: 'Das ist kein API-Token: Es hat mindestens 40 Buchstaben, Ziffern, - und _. Bitte kopieren Sie es noch einmal.',
  },
} as const;
