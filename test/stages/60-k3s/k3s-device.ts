import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { understudyProgram } from '../../understudies/program.ts';
import { renderTemplates } from '../stage-tree.ts';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder that stands for a device, with the files of the stage and the understudy of k3s. */
export class K3sDevice {
  readonly root: string;
  readonly #port: number;
  readonly #started: ChildProcess[] = [];

  private constructor(root: string, port: number) {
    this.root = root;
    this.#port = port;
  }

  static async create(): Promise<K3sDevice> {
    const device = new K3sDevice(mkdtempSync(`${tmpdir()}/hearth-k3s-`), await freePort());
    for (const [path, text] of await renderTemplates('60-k3s')) device.put(path, text);
    device.put('/sys/fs/cgroup/cgroup.controllers', 'cpuset cpu io memory pids\n');
    device.put('/proc/net/route', 'Iface\tDestination\nend0\t00000000\t0102A8C0\n');
    device.put('/run/systemd/timesync/synchronized', '');
    device.put('/usr/local/bin/k3s', Buffer.from(await understudyProgram('k3s')));
    chmodSync(`${device.root}/usr/local/bin/k3s`, 0o755);
    return device;
  }

  put(path: string, content: string | Buffer, mode = 0o644): void {
    const place = join(this.root, path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, content);
    chmodSync(place, mode);
  }

  get(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  /** Runs k3s until it ends, or, with `until`, until its words match: then it goes on, and the code is -1. */
  k3s(args: readonly string[], until?: RegExp, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return this.run([`${this.root}/usr/local/bin/k3s`, ...args], until, env);
  }

  run(words: readonly string[], until?: RegExp, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const child = spawn(process.execPath, words, {
      env: {
        PATH: process.env['PATH'],
        HEARTH_UNDERSTUDY_ROOT: this.root,
        HEARTH_UNDERSTUDY_PORT: String(this.#port),
        ...env,
      },
    });
    this.#started.push(child);
    const said = { stdout: '', stderr: '' };
    return new Promise((resolve) => {
      for (const name of ['stdout', 'stderr'] as const)
        child[name].on('data', (part: Buffer) => {
          said[name] += part.toString();
          if (until?.test(said.stderr) === true) resolve({ code: -1, ...said });
        });
      child.on('close', (code) => resolve({ code: code ?? -2, ...said }));
    });
  }

  get address(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  [Symbol.dispose](): void {
    for (const child of this.#started) child.kill('SIGKILL');
    rmSync(this.root, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
