import { createECDH, randomBytes, randomInt } from 'node:crypto';
import type { MastodonKeys } from '../manifests/plan.ts';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** New keys for a new server. */
export function makeKeys(): MastodonKeys {
  return {
    secretKeyBase: randomBytes(64).toString('hex'),
    encryption: {
      primaryKey: randomLetters(32),
      deterministicKey: randomLetters(32),
      derivationSalt: randomLetters(32),
    },
    vapid: makeVapidPair(),
  };
}

/** True if these can be the keys of a server. */
export function areKeys(value: unknown): value is MastodonKeys {
  const { secretKeyBase, encryption, vapid } = (value ?? {}) as Partial<MastodonKeys>;
  const parts = [encryption?.primaryKey, encryption?.deterministicKey, encryption?.derivationSalt];
  return (
    /^[0-9a-f]{128}$/.test(secretKeyBase ?? '') &&
    parts.every((part) => /^[A-Za-z0-9]{32}$/.test(part ?? '')) &&
    /^[\w-]{43}=$/.test(vapid?.privateKey ?? '') &&
    /^[\w-]{87}=$/.test(vapid?.publicKey ?? '')
  );
}

function makeVapidPair(): MastodonKeys['vapid'] {
  const pair = createECDH('prime256v1');
  pair.generateKeys();
  const scalar = pair.getPrivateKey();
  // Node leaves zeros at the front away; the key has 32 bytes.
  const privateKey = Buffer.concat([Buffer.alloc(32 - scalar.length), scalar]);
  return { privateKey: base64url(privateKey), publicKey: base64url(pair.getPublicKey()) };
}

/** With padding, as Mastodon writes it. */
function base64url(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

function randomLetters(count: number): string {
  return Array.from({ length: count }, () => letters[randomInt(letters.length)]).join('');
}
