import { createHash } from 'node:crypto';

export interface KeyFile {
  /** The same keys as text, as apt reads them from a file that ends in .asc. */
  readonly armoured: string;
  /** Of each primary key in the file: 40 hex digits, capitals. */
  readonly fingerprints: readonly string[];
}

interface Packet {
  readonly tag: number;
  readonly body: Buffer;
}

const primaryKey = 6;
/** What may stand in a public key: signatures, keys, marks, names, pictures, padding. */
const tagsOfKeys: readonly number[] = [2, primaryKey, 10, 13, 14, 17, 21];

/**
 * Reads a public key of OpenPGP, armoured or not. There is no gpg in the image, and a fingerprint is a hash of the first
 * packet. Whether its signatures are good is for apt to check. Throws if it is anything else than public keys.
 */
export function readKeyFile(bytes: Buffer): KeyFile {
  const binary = dearmoured(bytes);
  const packets = packetsOf(binary);
  const strange = packets.find(({ tag }) => !tagsOfKeys.includes(tag));
  if (packets[0]?.tag !== primaryKey || strange !== undefined) throw new Error('no file of public keys');
  return {
    armoured: armouredOf(binary),
    fingerprints: packets.filter(({ tag }) => tag === primaryKey).map(fingerprintOf),
  };
}

function armouredOf(binary: Buffer): string {
  const lines = binary.toString('base64').match(/.{1,64}/g) ?? [];
  const [begin, end] = ['BEGIN', 'END'].map((word) => `-----${word} PGP PUBLIC KEY BLOCK-----`);
  return [begin, '', ...lines, end, ''].join('\n');
}

function dearmoured(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  const blocks = text.split('-----BEGIN PGP ');
  if (blocks.length === 1) return bytes;
  const [, body] =
    /^PUBLIC KEY BLOCK-----[ \t]*\r?\n(?:[A-Za-z]+: [^\n]*\n)*\s*([A-Za-z0-9+/=\s]+)-----END PGP PUBLIC KEY BLOCK-----/.exec(
      blocks[1] ?? '',
    ) ?? [];
  if (blocks.length !== 2 || body === undefined) throw new Error('not one block of public keys');
  // The last line, a checksum, begins with "=".
  return Buffer.from(body.replace(/\n=[A-Za-z0-9+/]{4}\s*$/, '').replaceAll(/\s/g, ''), 'base64');
}

function packetsOf(bytes: Buffer): readonly Packet[] {
  const packets: Packet[] = [];
  for (let at = 0; at < bytes.length; ) {
    const head = bytes.readUInt8(at);
    if ((head & 0x80) === 0) throw new Error('no packet of OpenPGP');
    const isNew = (head & 0x40) !== 0;
    const { start, length } = isNew ? newLength(bytes, at + 1) : oldLength(bytes, at + 1, head & 3);
    if (start + length > bytes.length) throw new Error('the file is cut off');
    packets.push({
      tag: isNew ? head & 0x3f : (head >> 2) & 0x0f,
      body: bytes.subarray(start, start + length),
    });
    at = start + length;
  }
  return packets;
}

function oldLength(
  bytes: Buffer,
  at: number,
  kind: number,
): { readonly start: number; readonly length: number } {
  if (kind === 3) throw new Error('a packet without a length');
  const size = 2 ** kind;
  return { start: at + size, length: bytes.readUIntBE(at, size) };
}

function newLength(bytes: Buffer, at: number): { readonly start: number; readonly length: number } {
  const first = bytes.readUInt8(at);
  if (first < 192) return { start: at + 1, length: first };
  if (first < 224) return { start: at + 2, length: ((first - 192) << 8) + bytes.readUInt8(at + 1) + 192 };
  if (first !== 255) throw new Error('a packet in parts');
  return { start: at + 5, length: bytes.readUInt32BE(at + 1) };
}

/** Of version 4, the one with 40 digits. */
function fingerprintOf({ body }: Packet): string {
  if (body[0] !== 4) throw new Error('a key of another version');
  const head = Buffer.from([0x99, body.length >> 8, body.length & 0xff]);
  return createHash('sha1').update(head).update(body).digest('hex').toUpperCase();
}
