/** A refusal as S3 words it. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** The refusals of the store, with the codes of S3 and R2. */
export const refusals = {
  denied: { status: 403, code: 'AccessDenied', message: 'Access Denied' },
  malformed: {
    status: 400,
    code: 'AuthorizationHeaderMalformed',
    message: 'The authorization header is malformed.',
  },
  region: (said: string, wanted: string) => ({
    status: 400,
    code: 'AuthorizationHeaderMalformed',
    message: `The authorization header is malformed; the region '${said}' is wrong; expecting '${wanted}'`,
  }),
  unknownKey: {
    status: 403,
    code: 'InvalidAccessKeyId',
    message: 'The access key does not exist in our records.',
  },
  skewed: {
    status: 403,
    code: 'RequestTimeTooSkewed',
    message: 'The difference between the request time and the current time is too large.',
  },
  unsigned: {
    status: 403,
    code: 'AccessDenied',
    message: 'There were headers present in the request which were not signed',
  },
  digest: {
    status: 400,
    code: 'XAmzContentSHA256Mismatch',
    message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
  },
  signature: {
    status: 403,
    code: 'SignatureDoesNotMatch',
    message: 'The request signature we calculated does not match the signature you provided.',
  },
  noBucket: { status: 404, code: 'NoSuchBucket', message: 'The specified bucket does not exist.' },
  noKey: { status: 404, code: 'NoSuchKey', message: 'The specified key does not exist.' },
  noUpload: { status: 404, code: 'NoSuchUpload', message: 'The specified upload does not exist.' },
  badPart: { status: 400, code: 'InvalidPart', message: 'One of the parts could not be found.' },
  smallPart: {
    status: 400,
    code: 'EntityTooSmall',
    message: 'A part is smaller than allowed, or they differ in length.',
  },
  noLength: {
    status: 411,
    code: 'MissingContentLength',
    message: 'You must provide the Content-Length HTTP header.',
  },
  unknownCall: { status: 501, code: 'NotImplemented', message: 'The store does not know this call.' },
} as const;
