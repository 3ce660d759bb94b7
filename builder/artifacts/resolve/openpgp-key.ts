import { createHash } from 'node:crypto';

/** One certificate of a file of public keys. */
export interface PublicKey {
  /** Of the primary key: 40 hex digits, capitals. */
  readonly fingerprint: string;
  /** The primary key with its names, subkeys and signatures, binary. */
  readonly bytes: Uint8Array;
}

/** The certificates of a file, armoured or binary. Of a file that is no such thing what could be read, maybe none. */
export function readPublicKeys(file: Uint8Array): readonly PublicKey[] {
  const bytes = dearmour(file);
  const starts: { at: number; fingerprint: string }[] = [];
  let end = 0;
  for (const packet of packetsOf(bytes)) {
    end = packet.end;
    if (packet.tag !== publicKeyTag) continue;
    starts.push({ at: packet.start, fingerprint: fingerprintOf(packet.body) });
  }
  return starts.map(({ at, fingerprint }, index) => ({
    fingerprint,
    bytes: bytes.subarray(at, starts[index + 1]?.at ?? end),
  }));
}

/** Packet types of RFC 9580. */
const publicKeyTag = 6;

interface Packet {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
  readonly body: Uint8Array;
}

/** Version 4 only, whose fingerprint has 40 digits; others get one that fits nothing. */
function fingerprintOf(body: Uint8Array): string {
  if (body[0] !== 4) return '';
  const head = Buffer.from([0x99, body.length >> 8, body.length & 255]);
  return createHash('sha1').update(head).update(body).digest('hex').toUpperCase();
}

function dearmour(file: Uint8Array): Uint8Array {
  const text = Buffer.from(file).toString('latin1');
  const blocks = [
    ...text.matchAll(
      /-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[^\r\n]+\r?\n)*?\s*\r?\n([A-Za-z0-9+/=\s]+?)(?:\r?\n=[A-Za-z0-9+/]{4})?\s*-----END PGP PUBLIC KEY BLOCK-----/g,
    ),
  ];
  if (blocks.length === 0) return file;
  return Buffer.concat(blocks.map(([, body = '']) => Buffer.from(body, 'base64')));
}

/** Stops at the first place that is no packet. */
function* packetsOf(bytes: Uint8Array): Generator<Packet> {
  let start = 0;
  while (start < bytes.length) {
    const packet = packetAt(bytes, start);
    if (!packet) return;
    yield packet;
    start = packet.end;
  }
}

function packetAt(bytes: Uint8Array, start: number): Packet | undefined {
  const first = bytes[start] ?? 0;
  if ((first & 0x80) === 0) return undefined;
  const isNew = (first & 0x40) !== 0;
  const tag = isNew ? first & 0x3f : (first >> 2) & 0x0f;
  const size = isNew ? newLength(bytes, start + 1) : oldLength(bytes, start + 1, first & 3);
  if (!size) return undefined;
  const bodyStart = start + 1 + size.headBytes;
  const end = bodyStart + size.bodyBytes;
  if (end > bytes.length) return undefined;
  return { tag, start, end, body: bytes.subarray(bodyStart, end) };
}

interface Length {
  readonly headBytes: number;
  readonly bodyBytes: number;
}

function oldLength(bytes: Uint8Array, at: number, type: number): Length | undefined {
  // Without a length: no key is written so.
  if (type === 3) return undefined;
  const headBytes = 2 ** type;
  return { headBytes, bodyBytes: numberAt(bytes, at, headBytes) };
}

function newLength(bytes: Uint8Array, at: number): Length | undefined {
  const first = bytes[at] ?? 0;
  if (first < 192) return { headBytes: 1, bodyBytes: first };
  if (first < 224) return { headBytes: 2, bodyBytes: (first - 192) * 256 + (bytes[at + 1] ?? 0) + 192 };
  // In pieces: only for data, not for keys.
  if (first < 255) return undefined;
  return { headBytes: 5, bodyBytes: numberAt(bytes, at + 1, 4) };
}

function numberAt(bytes: Uint8Array, at: number, count: number): number {
  return bytes.subarray(at, at + count).reduce((sum, byte) => sum * 256 + byte, 0);
}
