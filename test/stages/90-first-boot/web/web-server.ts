import type { Server } from 'node:http';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Phase } from '../../../../stages/90-first-boot/agent/door/protocol.ts';
import type { Topic } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { createWebServer } from '../../../../stages/90-first-boot/agent/web/server.ts';
import { formToken } from '../../../../stages/90-first-boot/agent/web/session-cookie.ts';
import { FakeDoor } from './fake-door.ts';
import { sampleRules } from './sample-topics.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Question {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/**
 * The pages with a keeper in memory, on a free port of this machine. The device is called `hearth`. `topics` has the rules
 * of the questions.
 */
export async function startFakeWeb(topics?: readonly Topic[]): Promise<FakeWeb> {
  const web = new FakeWeb(topics);
  await web.listen();
  return web;
}

export class FakeWeb implements AsyncDisposable {
  door = new FakeDoor();
  hostname = 'hearth';
  port = 0;
  readonly problems: string[] = [];
  readonly #server: Server;

  constructor(topics: readonly Topic[] = sampleRules) {
    this.#server = createWebServer({
      ownNames: () => ({ hostname: this.hostname, addresses: new Set(['192.168.73.1']), searchDomains: [] }),
      door: {
        call: (name, ask) => this.door.call(name, ask),
        events: (token, after, signal) => this.door.events(token, after, signal),
        bundle: (token) => this.door.bundle(token),
      },
      topics,
      report: (problem) => this.problems.push(problem),
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
  }

  get host(): string {
    return `hearth.local:${this.port}`;
  }

  /** Brings the device into a phase with a session. Gives the session's header and the token of its forms. */
  session(phase: Phase = 'asking'): { readonly cookie: string; readonly field: string } {
    this.door.setPhase(phase);
    const token = this.door.openSession();
    return { cookie: `hearth=${token}`, field: `_token=${formToken(token)}` };
  }

  /** Sends one request, by default as a browser that is on this device's page would. */
  ask({ path = '/', method = 'GET', headers = {}, body }: Question = {}): Promise<Answer> {
    const { host, port } = this;
    const usual = method === 'POST' ? { origin: `http://${host}`, 'content-type': formType } : {};
    return new Promise((resolve, reject) => {
      const call = request(
        { host: '127.0.0.1', port, path, method, headers: { host, ...usual, ...headers }, agent: false },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks).toString(),
            }),
          );
        },
      );
      call.on('error', reject);
      call.end(body);
    });
  }

  /** The web process ends and another one takes its place, as on the device when nobody came for a while. */
  async restart(): Promise<void> {
    await this.pause(0);
  }

  /** The device is away for so long. */
  async pause(ms: number): Promise<void> {
    const { port } = this;
    await this[Symbol.asyncDispose]();
    await new Promise((go) => setTimeout(go, ms));
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export const formType = 'application/x-www-form-urlencoded';
