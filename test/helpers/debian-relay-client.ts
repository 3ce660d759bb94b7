import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface, type Interface } from 'node:readline';

/** Ways between the test and the network of a DebianHost. */
export class DebianRelay {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  readonly #folder = mkdtempSync(`${tmpdir()}/hearth-relay-`);
  #count = 0;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout });
  }

  /** Starts the relay in the network of a process. */
  static async start(pid: number): Promise<DebianRelay> {
    const child = spawn('nsenter', [
      ...[`--net=/proc/${pid}/ns/net`, process.execPath, '--import', import.meta.resolve('tsx')],
      `${import.meta.dirname}/debian-relay-process.ts`,
    ]);
    child.stdin.on('error', () => {});
    child.stderr.pipe(process.stderr);
    return await Promise.resolve(new DebianRelay(child));
  }

  async into(address: string, port: number): Promise<string> {
    this.#count++;
    const socket = `${this.#folder}/${this.#count}`;
    await this.#open({ socket, address, port, isInto: true });
    return socket;
  }

  async outOf(socket: string, address: string, port: number): Promise<void> {
    await this.#open({ socket, address, port, isInto: false });
  }

  stop(): void {
    this.#child.stdin.end();
    this.#child.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** One at a time: the answers have no names. */
  async #open(way: object): Promise<void> {
    const mine = this.#turn.then(async () => {
      const answer = new Promise<string>((resolve) => this.#lines.once('line', resolve));
      this.#child.stdin.write(`${JSON.stringify(way)}\n`);
      const said = await answer;
      if (said !== 'ready') throw new Error(said);
    });
    this.#turn = mine.catch(() => {});
    await mine;
  }
}
