/** What can go wrong on the way from one address. */
export type TroubleKind =
  /** The device has no way to the Internet. */
  | 'no-internet'
  /** There is no computer of this name. */
  | 'name'
  /** Nobody answers, or the connection breaks. */
  | 'cut'
  /** The server says no, with a number. */
  | 'refused'
  /** What came is not what was asked for. */
  | 'content'
  /** The date of the device and the server's certificate do not fit. */
  | 'clock'
  /** The server can not prove who it is, or sends the device on to where nobody has to. */
  | 'untrusted';

/** A try that did not work. */
export class FetchTrouble extends Error {
  override readonly name = 'FetchTrouble';
  readonly kind: TroubleKind;
  readonly host: string;
  /** Trying the same again a little later may help. */
  readonly isPassing: boolean;
  /** Answer of the server, for `refused`. */
  readonly status: number | undefined;

  constructor(kind: TroubleKind, host: string, detail: string, status?: number) {
    super(`${host}: ${detail}`);
    this.kind = kind;
    this.host = host;
    this.status = status;
    this.isPassing = passing.has(kind) || (status !== undefined && passingStatus(status));
  }
}

/** Says what an error of the network means. Other errors (of the disk, of the code) are given back as they are. */
export function troubleOf(error: unknown, host: string, isConnected: boolean): unknown {
  if (error instanceof FetchTrouble) return error;
  const { code, message } = rootOf(error);
  const kind = code === undefined ? undefined : kindOf(code, isConnected);
  return kind === undefined ? error : new FetchTrouble(kind, host, `${code} ${message}`);
}

// The date is set from the Internet after the start: a certificate that is not valid yet may be so in a minute.
const passing: ReadonlySet<TroubleKind> = new Set(['no-internet', 'name', 'cut', 'clock']);

function passingStatus(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}

/** With several addresses of a host, Node gives one error that holds one for each. */
function rootOf(error: unknown): { readonly code: string | undefined; readonly message: string } {
  const { code, message, errors } = error as NodeJS.ErrnoException & { readonly errors?: readonly Error[] };
  const inner = errors?.[0];
  if (inner !== undefined) return rootOf(inner);
  return { code, message };
}

function kindOf(code: string, isConnected: boolean): TroubleKind | undefined {
  if (noWay.has(code)) return 'no-internet';
  if (code === 'ENOTFOUND') return isConnected ? 'name' : 'no-internet';
  if (code === 'CERT_NOT_YET_VALID' || code === 'CERT_HAS_EXPIRED') return 'clock';
  if (untrusted.test(code)) return 'untrusted';
  return broken.has(code) || /^HPE_|^ERR_SSL_/.test(code) || code === 'EPROTO' ? 'cut' : undefined;
}

const noWay: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'EAI_FAIL',
  'ENETUNREACH',
  'ENETDOWN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
]);

const broken: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

const untrusted =
  /SELF_SIGNED|UNABLE_TO_|CERT_UNTRUSTED|CERT_REVOKED|CERT_REJECTED|CERT_CHAIN|CERT_SIGNATURE|INVALID_CA|INVALID_PURPOSE|ALTNAME_INVALID|HOSTNAME_MISMATCH|CERT_NOT_TRUSTED/;
