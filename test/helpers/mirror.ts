import type { IncomingMessage, ServerResponse } from 'node:http';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { DownloadSession } from '../../builder/host/download-request.ts';
import { findMirror } from '../../builder/host/mirror.ts';
import { openRoutes } from '../../builder/host/proxy.ts';
import { cachedMirrorFile, type MirrorFile, type MirrorRefusal } from './mirror-cache.ts';
import { type LoopbackServer, listen } from './mirror-listen.ts';
import { serveFile } from './mirror-serve.ts';

export interface Fault {
  /** On the URL path, such as `/debian/pool/main/o/openssl/…`. */
  readonly match: RegExp;
  /**
   * missing: 404; busy: 503; cut: half of the body, then the connection ends; garbled: right length, wrong bytes;
   * stalled: half of the body, then silence.
   */
  readonly kind: 'missing' | 'busy' | 'cut' | 'garbled' | 'stalled';
  /** How many requests it hits; default every one. */
  readonly times?: number;
}

export interface TestMirrorOptions {
  /** The real archives, without a slash at the end; default those of this host. */
  readonly upstream?: {
    readonly main: string;
    readonly security: string;
    readonly aptOptions: readonly string[];
  };
  /** Default: `test/mirror` below the cache. */
  readonly folder?: string;
}

/**
 * A Debian mirror on a free port of this machine: passes through to the mirror of this host, keeps what it got on the disk
 * for later runs, and plays faults.
 */
export class TestMirror {
  /** The first that matches a request is played. */
  readonly faults: Fault[] = [];
  /** `GET /debian/dists/trixie/InRelease`, in the order in which they came. */
  readonly requests: string[] = [];
  readonly #session: DownloadSession;
  readonly #stop: AbortController;
  readonly #upstream: { readonly main: string; readonly security: string };
  readonly #folder: string;
  readonly #played = new Map<Fault, number>();
  readonly #running = new Map<string, Promise<MirrorFile | MirrorRefusal>>();
  #server: LoopbackServer | undefined;

  static async start(options: TestMirrorOptions = {}): Promise<TestMirror> {
    const upstream = options.upstream ?? (await findMirror({}));
    const cacheDir = resolve(process.env['HEARTH_CACHE_DIR'] ?? `${homedir()}/.cache/hearth`);
    const mirror = new TestMirror(upstream, options.folder ?? `${cacheDir}/test/mirror`);
    mirror.#server = await listen((request, response) => {
      mirror.#answer(request, response).catch(() => response.destroy());
    });
    return mirror;
  }

  private constructor(upstream: NonNullable<TestMirrorOptions['upstream']>, folder: string) {
    this.#upstream = upstream;
    this.#folder = folder;
    this.#stop = new AbortController();
    this.#session = {
      routes: openRoutes(upstream.aptOptions),
      signal: this.#stop.signal,
      retryDelayMs: 0,
      silentOrigins: new Set(),
    };
  }

  get url(): string {
    return `${this.#server?.url}/debian`;
  }

  get securityUrl(): string {
    return `${this.#server?.url}/debian-security`;
  }

  /** For `debian.snapshotMirror`: it has what the real mirror has now, whatever the time. */
  get snapshotUrl(): string {
    return `${this.#server?.url}/snapshot/@ARCHIVE@/@SNAPSHOTID@`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#server?.[Symbol.asyncDispose]();
    await this.#session.routes.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    this.requests.push(`${request.method} ${path}`);
    const fault = this.#nextFault(path);
    if (fault === 'missing' || fault === 'busy') {
      response.writeHead(fault === 'missing' ? 404 : 503).end();
      return;
    }
    const found = await this.#find(path);
    if ('status' in found) response.writeHead(found.status).end();
    else await serveFile(request, response, found, fault);
  }

  #nextFault(path: string): Fault['kind'] | undefined {
    const isLeft = (fault: Fault) =>
      (this.#played.get(fault) ?? 0) < (fault.times ?? Number.POSITIVE_INFINITY);
    const fault = this.faults.find((candidate) => isLeft(candidate) && candidate.match.test(path));
    if (fault) this.#played.set(fault, (this.#played.get(fault) ?? 0) + 1);
    return fault?.kind;
  }

  /** Requests for the same file share one fetch. */
  async #find(asked: string): Promise<MirrorFile | MirrorRefusal> {
    const path = asked.replace(/^\/snapshot(\/[^/]+)\/\d{8}T\d{6}Z\//, '$1/');
    const [, name, rest] = /^\/(debian|debian-security)\/(.+)$/.exec(path) ?? [];
    if (name === undefined) return { status: 404 };
    const archive = name === 'debian' ? this.#upstream.main : this.#upstream.security;
    const job =
      this.#running.get(path) ??
      cachedMirrorFile({ path, upstreamUrl: `${archive}/${rest}`, folder: this.#folder }, this.#session);
    this.#running.set(path, job);
    try {
      return await job;
    } finally {
      this.#running.delete(path);
    }
  }
}
