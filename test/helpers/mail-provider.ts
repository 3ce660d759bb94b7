import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A mail that came to the provider. */
export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string;
  readonly isEncrypted: boolean;
  readonly text: string;
}

export interface ProviderOptions {
  /** TLS from the first byte, as on port 465. */
  readonly isWrapped?: boolean;
  /** Where it listens: a socket path, or a free port of 127.0.0.1 without one. */
  readonly socket?: string;
  readonly more?: SMTPServerOptions;
}

export const providerLogin = {
  user: 'social@example.org',
  password: 'key with spaces:and "signs" $x',
} as const;

/** A provider of mail that takes name and password over TLS only, with a certificate for `mail.example.net` and 127.0.0.1. */
export class MailProvider implements AsyncDisposable {
  readonly mails: TakenMail[] = [];
  /** The names with which somebody tried to log in. */
  readonly logins: string[] = [];
  /** What it says to the next logins instead of looking at the password. */
  refusal: { readonly code: number; readonly text: string } | undefined;
  /** What it says to a receiver. */
  receiverRefusal: { readonly code: number; readonly text: string } | undefined;
  /** Its certificate, which signs itself. */
  readonly certificate: string;
  port = 0;
  readonly #server: SMTPServer;

  private constructor({ isWrapped = false, more = {} }: ProviderOptions) {
    const folder = mkdtempSync(join(tmpdir(), 'hearth-provider-'));
    execFileSync(
      'openssl',
      [
        ...[
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
          '-days',
          '2',
        ],
        ...['-subj', '/CN=mail.example.net', '-keyout', `${folder}/key`, '-out', `${folder}/cert`],
        ...['-addext', 'subjectAltName=DNS:mail.example.net,DNS:127.0.0.1,IP:127.0.0.1'],
      ],
      { stdio: 'ignore' },
    );
    this.certificate = readFileSync(`${folder}/cert`, 'utf8');
    const key = readFileSync(`${folder}/key`, 'utf8');
    rmSync(folder, { recursive: true });
    this.#server = new SMTPServer({
      secure: isWrapped,
      key,
      cert: this.certificate,
      authMethods: ['PLAIN', 'LOGIN'],
      disableReverseLookup: true,
      closeTimeout: 100,
      onAuth: ({ username = '', password }, _session, callback) => {
        this.logins.push(username);
        if (this.refusal !== undefined) return callback(answer(this.refusal));
        if (username === providerLogin.user && password === providerLogin.password)
          return callback(null, { user: username });
        return callback(answer({ code: 535, text: '5.7.8 Authentication failed' }));
      },
      onRcptTo: (_address, _session, callback) =>
        callback(this.receiverRefusal === undefined ? null : answer(this.receiverRefusal)),
      onData: (stream, session, callback) => {
        const parts: Buffer[] = [];
        stream.on('data', (part: Buffer) => parts.push(part));
        stream.on('end', () => {
          const { mailFrom, rcptTo } = session.envelope;
          this.mails.push({
            from: mailFrom === false ? '' : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            user: String(session.user ?? ''),
            isEncrypted: session.secure,
            text: Buffer.concat(parts).toString(),
          });
          callback();
        });
      },
      ...more,
    });
    this.#server.on('error', () => {});
  }

  static async start(options: ProviderOptions = {}): Promise<MailProvider> {
    const provider = new MailProvider(options);
    const { socket } = options;
    await new Promise<void>((resolve) =>
      socket === undefined
        ? provider.#server.listen(0, '127.0.0.1', resolve)
        : provider.#server.listen(socket, resolve),
    );
    if (socket === undefined) provider.port = (provider.#server.server.address() as AddressInfo).port;
    return provider;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(resolve));
  }
}

function answer({ code, text }: { readonly code: number; readonly text: string }): Error {
  return Object.assign(new Error(text), { responseCode: code });
}
