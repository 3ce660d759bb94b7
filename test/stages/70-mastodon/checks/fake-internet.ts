import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { PublicFailure } from '../../../../stages/70-mastodon/setup/checks/http-call.ts';
import type { World } from '../../../../stages/70-mastodon/setup/checks/world.ts';
import { type Answer, type Asked, answerOf, local, type MastodonTraits, web } from './fake-mastodon.ts';

/** The Internet of one test: names, Cloudflare, and Mastodon behind it. All may be changed. */
export interface FakeInternet {
  readonly world: World;
  /** Records of names: `A social.example.org`. */
  readonly records: Record<string, readonly string[]>;
  /** Addresses by the resolver of the home. */
  readonly here: Record<string, readonly string[]>;
  /** What stands in front of Mastodon; undefined lets the visitor through. */
  inFront: (asked: Asked) => Answer | undefined;
  /** What stands between Mastodon and the visitor on the way back. */
  onTheWayBack: (asked: Asked, answer: Answer) => Answer;
  readonly traits: MastodonTraits;
  /** Where other names are: without TLS. */
  readonly places: Record<string, number>;
  aheadSeconds: number | undefined;
  nowMs: number;
  readonly asked: Asked[];
}

const certificate = makeCertificate(`DNS:${web},DNS:${local}`);
const edgeAddress = '104.16.1.1';

/** Starts it for one test; everything is as it shall be. */
export async function fakeInternet(): Promise<FakeInternet> {
  const internet: Omit<FakeInternet, 'world'> = {
    records: {
      [`A ${web}`]: [edgeAddress],
      [`AAAA ${web}`]: ['2606:4700::1'],
      [`A ${local}`]: [edgeAddress],
    },
    here: {},
    inFront: () => undefined,
    onTheWayBack: (_asked, answer) => answer,
    traits: {},
    places: {},
    aheadSeconds: 0.4,
    nowMs: Date.now(),
    asked: [],
  };
  const server = createServer(certificate, (request, response) => void serve(internet, request, response));
  server.on('upgrade', (request, socket) => {
    const asked = askedBy(request, '');
    const { status, headers = {}, body = '' } = answerTo(internet, asked);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(
      `HTTP/1.1 ${status} Status\r\n${lines.join('')}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as { port: number };
  const resolve: World['resolve'] = async (name, type) => internet.records[`${type} ${name}`] ?? [];
  const world: World = {
    resolve,
    lookHere: async (name) => internet.here[name] ?? (await resolve(name, 'A')),
    connect: async (name) => {
      const plainPort = internet.places[name];
      if (plainPort !== undefined) return { addresses: ['127.0.0.1'], port: plainPort, isPlain: true };
      if ((await resolve(name, 'A')).length === 0) throw new PublicFailure('no-name', name);
      return { addresses: ['127.0.0.1'], port, ca: certificate.cert };
    },
    clockAheadSeconds: async () => internet.aheadSeconds,
    nowMs: () => internet.nowMs,
  };
  return Object.assign(internet, { world });
}

function answerTo(internet: Omit<FakeInternet, 'world'>, asked: Asked): Answer {
  internet.asked.push(asked);
  const early = internet.inFront(asked);
  return early ?? internet.onTheWayBack(asked, answerOf(asked, internet.traits));
}

async function serve(
  internet: Omit<FakeInternet, 'world'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const asked = askedBy(request, Buffer.concat(parts).toString());
  const { status, headers = {}, body = '' } = answerTo(internet, asked);
  response.writeHead(status, headers).end(body);
}

function askedBy({ method = '', url = '', headers }: IncomingMessage, body: string): Asked {
  const { host = '', accept = '', 'user-agent': agent = '', upgrade = '', connection = '' } = headers;
  const type = headers['content-type'] ?? '';
  return { method, url, host, accept, agent, upgrade, connection, type, body };
}

/** A certificate for these names that proves itself, as no public one does. */
export function makeCertificate(names: string): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'hearth-certificate-'));
  try {
    const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
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
        ...['-subj', '/CN=test', '-addext', `subjectAltName=${names}`, '-keyout', key, '-out', cert],
      ],
      { stdio: 'pipe' },
    );
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
