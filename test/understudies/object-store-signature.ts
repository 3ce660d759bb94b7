import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Refusal, refusals } from './object-store-refusals.ts';

/** What the store knows for checking a signature. */
export interface Signers {
  readonly region: string;
  /** Secret keys by access key. */
  readonly secretOf: (accessKey: string) => string | undefined;
}

const shape =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;
const allowedSkewMs = 15 * 60_000;

/** Checks a request by version 4 of Amazon's signatures, written from its description; gives the access key. */
export function checkSignature(
  request: IncomingMessage,
  body: Buffer,
  { region, secretOf }: Signers,
): { readonly accessKey: string } | { readonly refusal: Refusal } {
  const { headers } = request;
  if (headers.authorization === undefined) return { refusal: refusals.denied };
  const [, accessKey = '', day = '', scope = '', names = '', signature = ''] =
    shape.exec(headers.authorization) ?? [];
  if (signature === '') return { refusal: refusals.malformed };
  if (scope !== region) return { refusal: refusals.region(scope, region) };
  const secret = secretOf(accessKey);
  if (secret === undefined) return { refusal: refusals.unknownKey };

  const stamp = String(headers['x-amz-date'] ?? '');
  const timeMs = Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (Number.isNaN(timeMs) || !stamp.startsWith(day)) return { refusal: refusals.malformed };
  if (Math.abs(Date.now() - timeMs) > allowedSkewMs) return { refusal: refusals.skewed };

  const signed = names.split(';');
  const mustBeSigned = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  if (!mustBeSigned.every((name) => signed.includes(name))) return { refusal: refusals.unsigned };
  const digest = String(headers['x-amz-content-sha256'] ?? '');
  if (digest !== createHash('sha256').update(body).digest('hex')) return { refusal: refusals.digest };

  const wanted = signatureOf({ request, signed, digest, stamp, day, region, secret });
  return timingSafeEqual(Buffer.from(wanted), Buffer.from(signature))
    ? { accessKey }
    : { refusal: refusals.signature };
}

interface Signing {
  readonly request: IncomingMessage;
  readonly signed: readonly string[];
  readonly digest: string;
  readonly stamp: string;
  readonly day: string;
  readonly region: string;
  readonly secret: string;
}

function signatureOf({ request, signed, digest, stamp, day, region, secret }: Signing): string {
  const [path = '/', search = ''] = (request.url ?? '/').split('?');
  const pairs =
    search === '' ? [] : search.split('&').map((pair) => (pair.includes('=') ? pair : `${pair}=`));
  const lines = signed.map((name) => `${name}:${String(request.headers[name] ?? '').trim()}\n`);
  const canonical = [
    request.method,
    path,
    pairs
      .map((pair) => pair.replaceAll('+', '%20'))
      .sort()
      .join('&'),
    lines.join(''),
    signed.join(';'),
    digest,
  ].join('\n');
  const hash = createHash('sha256').update(canonical).digest('hex');
  const text = ['AWS4-HMAC-SHA256', stamp, `${day}/${region}/s3/aws4_request`, hash].join('\n');
  const key = [day, region, 's3', 'aws4_request'].reduce<Buffer>(
    (last, part) => mac(last, part),
    Buffer.from(`AWS4${secret}`),
  );
  return mac(key, text).toString('hex');
}

function mac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
