import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { frontStep } from '../../stages/70-mastodon/setup/front/front-step.ts';
import type { Values } from '../../stages/90-first-boot/agent/setup/define.ts';
import { createWebServer } from '../../stages/90-first-boot/agent/web/server.ts';
import { FakeDoor } from '../stages/90-first-boot/web/fake-door.ts';
import { sampleRules } from '../stages/90-first-boot/web/sample-topics.ts';
import { DebianHost } from './debian-host.ts';

/** What came to a server behind nginx. */
export interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

export interface FrontAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface FrontQuestion {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A host whose nginx runs as on a device: the real page behind it, and stand-ins for Mastodon's two services. */
export class FrontDoor implements AsyncDisposable {
  readonly host: DebianHost;
  readonly page = new FakeDoor();
  /** What came to Mastodon's web, and to its streaming. */
  readonly web: Arrived[] = [];
  readonly streaming: Arrived[] = [];
  /** How Mastodon's web answers. */
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => {
    response.end('web');
  };
  readonly #folder = mkdtempSync(join(tmpdir(), 'hearth-front-'));
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  #door = '';

  private constructor(host: DebianHost) {
    this.host = host;
  }

  static async open(): Promise<FrontDoor> {
    const door = new FrontDoor(await DebianHost.create(['50-data']));
    const { host } = door;
    // What systemd does for the unit: the right to open port 80, and its folder.
    await host.shell(
      'echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start; install -d -o www-data -g www-data -m 700 /var/cache/nginx',
    );
    await door.#startPage();
    const started = await host.look.run('systemctl', ['start', 'nginx.service']);
    if (started.exitCode !== 0) throw new Error(host.units.journal('nginx.service').join('\n'));
    door.#door = await host.into(80);
    return door;
  }

  /** Starts Mastodon's two services at their addresses in the cluster. */
  async startMastodon(): Promise<void> {
    await this.host.shell('ip addr add 10.43.0.30/32 dev lo; ip addr add 10.43.0.40/32 dev lo');
    const web = createServer((request, response) => {
      this.web.push(arrived(request));
      request.resume().once('end', () => this.answer(request, response));
    });
    const streaming = createServer((request, response) => {
      this.streaming.push(arrived(request));
      response.end('streaming');
    });
    streaming.on('upgrade', (request, socket: Socket) => {
      this.streaming.push(arrived(request));
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.pipe(socket);
    });
    await this.#listen(web, join(this.#folder, 'web'));
    await this.#listen(streaming, join(this.#folder, 'streaming'));
    await this.host.outOf(join(this.#folder, 'web'), 3000, '10.43.0.30');
    await this.host.outOf(join(this.#folder, 'streaming'), 4000, '10.43.0.40');
  }

  /** Runs the step that opens and closes the door, and waits until no old worker of nginx takes visitors. */
  async step(answers: Readonly<Record<string, Values>>): Promise<void> {
    await this.host.step(frontStep, answers);
    await setTimeout(300);
  }

  /** Asks as somebody on the device itself: cloudflared, or a check. */
  ask({ path = '/', method = 'GET', headers = {}, body }: FrontQuestion = {}): Promise<FrontAnswer> {
    return new Promise((resolve, reject) => {
      const usual = { host: 'hearth.local' };
      const call = request(
        { socketPath: this.#door, path, method, headers: { ...usual, ...headers }, agent: false },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.once('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(parts).toString(),
            }),
          );
        },
      );
      call.once('error', reject);
      call.end(body);
    });
  }

  /** What has come so far of an answer that goes on, once it has this. */
  stream(path: string, headers: Readonly<Record<string, string>>, until: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const call = request({ socketPath: this.#door, path, headers, agent: false }, (response) => {
        let text = '';
        response.on('data', (part) => {
          text += String(part);
          if (!until.test(text)) return;
          resolve(text);
          call.destroy();
        });
        response.once('end', () => reject(new Error(`only: ${text}`)));
      });
      call.once('error', reject);
      call.end();
    });
  }

  /** Sends bytes as they are and gives all that comes back until nginx closes. */
  async raw(text: string): Promise<string> {
    const file = '/tmp/raw';
    this.host.put(file, text);
    const { stdout } = await this.host.shell(
      `exec 3<>/dev/tcp/127.0.0.1/80; cat ${file} >&3; timeout 5 cat <&3`,
    );
    return stdout;
  }

  /** Opens a WebSocket; gives the status line and what comes back after sending a text through it. */
  webSocket(headers: Readonly<Record<string, string>>): Promise<readonly [number, string]> {
    return new Promise((resolve, reject) => {
      const call = request({
        socketPath: this.#door,
        path: '/api/v1/streaming?stream=user',
        headers: { connection: 'Upgrade', upgrade: 'websocket', ...headers },
        agent: false,
      });
      call.once('error', reject);
      call.once('response', (response) => resolve([response.statusCode ?? 0, '']));
      call.once('upgrade', (response, socket) => {
        socket.once('data', (part) => {
          resolve([response.statusCode ?? 0, String(part)]);
          socket.destroy();
        });
        socket.write('through');
      });
      call.end();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]();
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #startPage(): Promise<void> {
    const server = createWebServer({
      ownNames: () => ({ hostname: 'hearth', addresses: new Set(['192.168.7.1']), searchDomains: [] }),
      door: this.page,
      topics: sampleRules,
      report: () => {},
    });
    const path = `${this.host.root}/run/hearth-web.sock`;
    await this.#listen(server, path);
    chmodSync(path, 0o666);
  }

  async #listen(server: Server, path: string): Promise<void> {
    this.#servers.push(server);
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
  }
}

function arrived({ method = '', url = '', headers }: IncomingMessage): Arrived {
  return { method, url, headers };
}
