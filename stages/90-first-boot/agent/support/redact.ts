import { createHmac, randomBytes } from 'node:crypto';

/** What must not be in a text that leaves the device. */
export interface Sensitive {
  /** Removed, also as they stand in JSON, in an address, in base64 or in hexadecimal digits. */
  readonly secrets: readonly string[];
  /** With and without dashes, in any case. */
  readonly setupCode?: string | undefined;
  /** Names of Wi-Fi networks: they tell where somebody lives. The same name gets the same token. */
  readonly networks?: readonly string[];
}

/** Takes sensitive things out of a text. What secrets look like is removed too, when nobody named them. */
export type Redactor = (text: string) => string;

export const removed = '[removed]';

/** Shorter ones would turn a log into holes, and the holes would tell them. */
const shortestSecret = 4;

/** A redactor for these things. Tokens for names are other ones each time: two bundles can't be compared. */
export function redactorOf(sensitive: Sensitive, salt: Buffer = randomBytes(16)): Redactor {
  const known = knownPattern(sensitive);
  const networks = anyOf(sensitive.networks ?? []);
  const tokenOf = (kind: string, name: string) =>
    `[${kind} ${createHmac('sha256', salt).update(name).digest('hex').slice(0, 6)}]`;
  return (text) => {
    let result = text;
    if (known !== undefined) result = result.replaceAll(known, removed);
    for (const { pattern, by } of secretShapes) result = result.replaceAll(pattern, by);
    if (networks !== undefined) result = result.replaceAll(networks, (name) => tokenOf('wifi', name));
    result = result.replaceAll(
      networkShape,
      (_all, before: string, name: string) => `${before}${tokenOf('wifi', name)}`,
    );
    return result.replaceAll(hardwareAddress, (name) => tokenOf('mac', name.toLowerCase()));
  };
}

/** The same value with every text in it redacted. Names of parts stay. */
export function redactValue(value: unknown, redact: Redactor): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((one) => redactValue(one, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, redactValue(one, redact)]));
}

/** What a secret looks like where no answer is known to be one. Bounded repetitions: a log may be hostile. */
const secretShapes: readonly { readonly pattern: RegExp; readonly by: string }[] = [
  {
    pattern: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g,
    by: removed,
  },
  // crypt(3): $y$, $6$, $argon2id$ and others.
  { pattern: /\$(?:y|gy|7|sm3|2[abxy]|1|5|6|argon2\w{0,2}|scrypt)\$[./A-Za-z0-9$=,+-]{8,400}/g, by: removed },
  // NT and LM hashes, a pre-shared key, keys in hexadecimal digits; not the digest of a container image.
  { pattern: /(?<![0-9A-Za-z]|sha256:)(?:[0-9a-fA-F]{64}|[0-9A-F]{32})(?![0-9A-Za-z])/g, by: removed },
  { pattern: /\beyJ[A-Za-z0-9_-]{5,4000}\.[A-Za-z0-9_-]{5,8000}(?:\.[A-Za-z0-9_-]{0,2000})?/g, by: removed },
  { pattern: /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{6,4000}/gi, by: `$1 ${removed}` },
  { pattern: /\b(?:gh[pousr]|github_pat|glpat|sk|xox[abprs])[-_][A-Za-z0-9_-]{16,255}/g, by: removed },
  { pattern: /(:\/\/[^\s:/@]{0,100}:)[^\s@/]{1,200}(@)/g, by: `$1${removed}$2` },
  // psk=…, "password": "…", api_key: …
  {
    pattern:
      /((?<![A-Za-z])(?:[\w-]{0,20}[_-])?(?:psk|passw(?:or)?d|passphrase|pwd|secret|api[_-]?key|private[_-]?key|wep-key\d?|(?:access|auth|claim|tunnel)?[_-]?token)["']?[ \t]*[:=][ \t]*)("(?:[^"\\\n]|\\.){0,4000}"|'[^'\n]{0,4000}'|[^\s,;"'}\]]{1,4000})/gi,
    by: `$1${removed}`,
  },
];

const networkShape = /(\bb?ssid["']?[ \t]{0,3}[:=]?[ \t]{0,3})(?:"([^"\n]{1,96})"|'([^'\n]{1,96})')/gi;
const hardwareAddress = /\b[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}\b/g;

function knownPattern({ secrets, setupCode }: Sensitive): RegExp | undefined {
  const literals = secrets.flatMap(writings).map(escapePattern);
  const code = setupCode?.replaceAll('-', '') ?? '';
  const codes = code === '' ? [] : [caseless([...code].join('[-\\s]?'))];
  const parts = [...codes, ...literals.sort((a, b) => b.length - a.length)];
  return parts.length === 0 ? undefined : new RegExp(parts.join('|'), 'g');
}

/** The ways in which a secret may be written. One of several lines may be in a log line by line. */
function writings(secret: string): readonly string[] {
  const parts = [secret, secret.trim(), ...secret.split(/\r?\n/).map((line) => line.trim())];
  const all = parts
    .filter((part, index) => part.length >= (index < 2 ? shortestSecret : 8))
    .flatMap((part) => {
      const bytes = Buffer.from(part, 'utf8');
      return [
        part,
        JSON.stringify(part).slice(1, -1),
        encodeURIComponent(bytes.toString('utf8')),
        part.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
        bytes.toString('base64'),
        bytes.toString('base64url'),
        bytes.toString('hex'),
      ];
    });
  return [...new Set(all)];
}

function anyOf(names: readonly string[]): RegExp | undefined {
  const usable = names.filter((name) => name.trim().length >= 3);
  if (usable.length === 0) return undefined;
  const patterns = [...new Set(usable)].sort((a, b) => b.length - a.length).map(escapePattern);
  // Not in the middle of a word: a network may be called "home".
  return new RegExp(`(?<![\\p{L}\\p{N}_])(?:${patterns.join('|')})(?![\\p{L}\\p{N}_])`, 'gu');
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

function caseless(pattern: string): string {
  return pattern.replaceAll(/[A-Z]/g, (letter) => `[${letter}${letter.toLowerCase()}]`);
}
