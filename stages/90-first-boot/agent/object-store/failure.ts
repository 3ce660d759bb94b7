/**
 * Why a store did not do what was asked.
 * `unreachable`: no way there. `stranger`: who answers is no object store, or can't prove to be the right one.
 * `refused-key`: access key or secret key is wrong. `wrong-bucket`: there is no such bucket. `no-right`: the key may not do
 * this, or not in this bucket. `wrong-region`, `wrong-clock`, `no-object`, `full`: as they say. `other`: its own words.
 */
export type ObjectStoreReason =
  | 'unreachable'
  | 'stranger'
  | 'refused-key'
  | 'wrong-bucket'
  | 'no-right'
  | 'wrong-region'
  | 'wrong-clock'
  | 'no-object'
  | 'full'
  | 'other';

/** An object store that did not do what was asked. Its message has the store's own words, no secret and no address. */
export class ObjectStoreFailure extends Error {
  override readonly name = 'ObjectStoreFailure';
  readonly reason: ObjectStoreReason;

  constructor(reason: ObjectStoreReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** The failure that a store's answer means. `body` is its XML; an answer to HEAD has none. */
export function failureOfAnswer(status: number, body: string, isHead: boolean): ObjectStoreFailure {
  const code = /<Code>\s*([A-Za-z0-9]+)\s*<\/Code>/.exec(body)?.[1];
  const words = /<Message>([^<]{1,300})/.exec(body)?.[1]?.trim() ?? '';
  if (code === undefined)
    return isHead || status >= 500
      ? new ObjectStoreFailure(reasonOfStatus(status), `HTTP ${status}`)
      : new ObjectStoreFailure('stranger', `an answer ${status} of somebody else`);
  return new ObjectStoreFailure(reasonOfCode(code, words, status), `${code} ${words}`.trim());
}

const codes: Readonly<Record<string, ObjectStoreReason>> = {
  InvalidAccessKeyId: 'refused-key',
  SignatureDoesNotMatch: 'refused-key',
  InvalidToken: 'refused-key',
  ExpiredToken: 'refused-key',
  Unauthorized: 'refused-key',
  NoSuchBucket: 'wrong-bucket',
  InvalidBucketName: 'wrong-bucket',
  AccessDenied: 'no-right',
  AllAccessDisabled: 'no-right',
  PermanentRedirect: 'wrong-region',
  TemporaryRedirect: 'wrong-region',
  InvalidRegionName: 'wrong-region',
  RequestTimeTooSkewed: 'wrong-clock',
  RequestExpired: 'wrong-clock',
  NoSuchKey: 'no-object',
  QuotaExceeded: 'full',
  XMinioStorageFull: 'full',
};

function reasonOfCode(code: string, words: string, status: number): ObjectStoreReason {
  const known = codes[code];
  if (known !== undefined) return known;
  if (code === 'AuthorizationHeaderMalformed') return /region/i.test(words) ? 'wrong-region' : 'refused-key';
  // R2 counts the letters of a key before it looks it up.
  if (code === 'InvalidArgument' && /access key/i.test(words)) return 'refused-key';
  return status === 401 ? 'refused-key' : 'other';
}

function reasonOfStatus(status: number): ObjectStoreReason {
  if (status === 401) return 'refused-key';
  if (status === 403) return 'no-right';
  if (status === 404) return 'no-object';
  return status === 301 || status === 307 ? 'wrong-region' : 'other';
}
