import { rm, writeFile } from 'node:fs/promises';
import { HearthError } from '../errors/hearth-error.ts';
import { type Board, boardFacts } from './board.ts';
import type { PortForward } from './free-ports.ts';
import type { GuestAnswer } from './guest-protocol.ts';
import { launch } from './launch.ts';
import { MachineRun } from './machine-run.ts';
import { parseUnitNames, parseUnitState, unitStateCommand } from './unit-state.ts';
import type { VmOptions, VmSnapshot } from './vm-options.ts';
import { copyParts, removeParts, saveSnapshot, type VmParts } from './vm-parts.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

/** Limits in milliseconds, before they are multiplied with `slowness`. */
const limits = {
  connect: 60_000,
  command: 60_000,
  boot: 420_000,
  unit: 180_000,
  http: 420_000,
  powerDown: 180_000,
};

/** A virtual machine with a card of its own. Made by `startVm` and by a snapshot's `clone`. */
export class Vm {
  readonly board: Board;
  /** What the guest wrote on its serial console, all starts one after the other. */
  readonly serialLog: string;
  readonly #options: VmOptions;
  readonly #parts: VmParts;
  readonly #logFolder: string;
  #forwards: readonly PortForward[] = [];
  #run: MachineRun | undefined;
  #lastTurn: Promise<unknown> = Promise.resolve();
  #hasFailed = false;
  readonly #tail: string[] = [];
  #startsFromSnapshot: boolean;

  constructor(options: VmOptions, parts: VmParts) {
    this.board = options.board ?? 'virt';
    this.#options = options;
    this.#parts = parts;
    this.#logFolder = options.logFolder ?? parts.folder;
    this.#startsFromSnapshot = parts.snapshot !== undefined;
    this.serialLog = `${this.#logFolder}/serial.log`;
  }

  /** The file with QEMU's command line as a shell would read it. */
  get commandFile(): string {
    return `${this.#logFolder}/qemu-command.sh`;
  }

  /** What the console showed last. */
  get lastSerialLine(): string {
    return this.#tail.at(-1) ?? '';
  }

  /** Switches the machine on. It keeps its card, and mostly also its host ports. */
  async powerOn(): Promise<void> {
    if (this.#run) throw new TypeError('the virtual machine is running');
    this.#options.signal?.throwIfAborted();
    const isFromSnapshot = this.#startsFromSnapshot;
    this.#startsFromSnapshot = false;
    const { qemu, forwards } = await launch({
      options: this.#options,
      parts: this.#parts,
      isFromSnapshot,
      previous: this.#forwards,
      logFolder: this.#logFolder,
      serialLog: this.serialLog,
      commandFile: this.commandFile,
      failure: (what, why) => this.#failure(what, why),
    });
    this.#forwards = forwards;
    const run = new MachineRun({
      process: qemu,
      isFromSnapshot,
      onSerialLine: (line) => this.#noteSerialLine(line),
      failure: (what, why) => this.#failure(what, why),
    });
    this.#run = run;
    const stop = () =>
      run.fail(new HearthError('ERR_INTERRUPTED', { what: 'The virtual machine was stopped.' }));
    this.#options.signal?.addEventListener('abort', stop, { once: true });
    void run.ended.then(() => {
      this.#options.signal?.removeEventListener('abort', stop);
      if (this.#run === run) this.#run = undefined;
    });
    await run.within('Connecting to QEMU', this.#limit(limits.connect), run.qmp.negotiate());
    if (isFromSnapshot) await this.setClock(Date.now() / 1000);
  }

  /** The port of 127.0.0.1 that leads to a port of the guest. */
  forwardedPort(guestPort: number): number {
    const forward = this.#forwards.find((candidate) => candidate.guestPort === guestPort);
    if (!forward) throw new TypeError(`port ${guestPort} of the guest is not forwarded`);
    return forward.hostPort;
  }

  /**
   * Runs a shell command as root in the guest, over a serial device: needs no network. Output may be binary text.
   * Exit code 124: the guest ended it after `timeoutMs`. Throws ERR_BOOT_FAILED if the guest does not answer.
   */
  async run(command: string, options: { readonly timeoutMs?: number } = {}): Promise<GuestAnswer> {
    const previous = this.#lastTurn;
    const turn = previous
      .catch(() => {})
      .then(() => this.#call(command, options.timeoutMs ?? limits.command));
    this.#lastTurn = turn.catch(() => {});
    return await turn;
  }

  /** As `run`, but throws ERR_BOOT_FAILED on a non-zero exit code. Returns standard output. */
  async mustRun(command: string, options: { readonly timeoutMs?: number } = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(command, options);
    if (exitCode === 0) return stdout;
    const output = `${stdout}\n${stderr}`.trim();
    throw this.#failure(
      `In the guest, \`${command}\` ended with exit code ${exitCode}.`,
      output || 'It printed nothing.',
    );
  }

  /** Waits until systemd says that the start is over: `running`, or `degraded` if a unit has failed. */
  async waitForBoot(options: { readonly timeoutMs?: number } = {}): Promise<'running' | 'degraded'> {
    return await this.#poll(
      'Waiting for the end of the start',
      options.timeoutMs ?? limits.boot,
      async () => {
        const state = await this.#systemState();
        if (state === 'running' || state === 'degraded') return state;
        if (state === 'maintenance')
          throw this.#failure('The image did not boot.', 'systemd is in maintenance mode.');
        return undefined;
      },
    );
  }

  /** Waits until a unit is active. Throws at once if it has failed, or is inactive with nothing going to start it. */
  async waitForUnit(unit: string, options: { readonly timeoutMs?: number } = {}): Promise<void> {
    await this.#poll(`Waiting for ${unit}`, options.timeoutMs ?? limits.unit, async () => {
      const state = parseUnitState(await this.mustRun(unitStateCommand(unit)));
      if (state === 'active') return true;
      if (state !== 'waiting') {
        const { stdout } = await this.run(`systemctl status --no-pager --full '${unit}'`);
        throw this.#failure(`${unit} is ${state}.`, stdout.trim());
      }
      return undefined;
    });
  }

  /** Waits until the guest answers a request over a forwarded port with a status below 500. */
  async waitForHttp(
    guestPort: number,
    path: string,
    options: { readonly timeoutMs?: number; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<HttpAnswer> {
    const url = `http://127.0.0.1:${this.forwardedPort(guestPort)}${path}`;
    return await this.#poll(`Waiting for ${url}`, options.timeoutMs ?? limits.http, async () => {
      try {
        const response = await fetch(url, {
          headers: { ...options.headers },
          redirect: 'manual',
          signal: AbortSignal.timeout(this.#limit(20_000)),
        });
        const body = await response.text();
        return response.status < 500
          ? { status: response.status, body, headers: response.headers }
          : undefined;
      } catch {
        return undefined;
      }
    });
  }

  /** Names of the units that have failed. */
  async failedUnits(): Promise<readonly string[]> {
    if (boardFacts[this.board].channel === undefined) return this.#run?.report?.failedUnits ?? [];
    return parseUnitNames(await this.mustRun('systemctl list-units --failed --plain --no-legend --full'));
  }

  /** Writes a file in the guest over the command channel: for small files. Its folder must exist. */
  async writeFile(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
    const encoded = Buffer.from(content).toString('base64');
    const quoted = `'${path.replaceAll("'", "'\\''")}'`;
    await this.mustRun(`install -m ${mode.toString(8)} /dev/null ${quoted}`);
    const chunk = 16_384;
    for (let start = 0; start < encoded.length; start += chunk) {
      await this.mustRun(`base64 -d <<<'${encoded.slice(start, start + chunk)}' >>${quoted}`);
    }
  }

  /** Sets the guest's clock, in seconds since 1970. */
  async setClock(seconds: number): Promise<void> {
    await this.mustRun(`date -s @${Math.floor(seconds)}`);
  }

  /** Pulls the plug: what the guest has not written to its card is lost. */
  async cutPower(): Promise<void> {
    const run = this.#running();
    run.expectEnd();
    await run.qmp.execute('quit').catch(() => {});
    await this.#waitForEnd(run);
  }

  /** Shuts the guest down and waits until the machine is off. */
  async powerDown(): Promise<void> {
    const run = this.#running();
    run.expectEnd();
    await this.run('systemctl --no-block poweroff').catch(() => {});
    await this.#waitForEnd(run);
  }

  /** Waits until the guest switches itself off. Throws ERR_BOOT_FAILED if it ends in another way. */
  async untilOff(): Promise<void> {
    await this.#running().untilOff();
  }

  /** Restarts the guest and waits for its shell; use `waitForBoot` after it. The kernel is the image's again. */
  async reboot(): Promise<void> {
    const run = this.#running();
    const before = run.channel?.bootId;
    const isNewRun = !boardFacts[this.board].survivesReset;
    if (isNewRun) run.expectEnd();
    await this.run('systemctl --no-block reboot').catch(() => {});
    if (isNewRun) {
      await this.#waitForEnd(run);
      await this.powerOn();
    }
    const isBack = this.#running().channel?.ready(isNewRun ? undefined : before) ?? Promise.resolve();
    await this.#running().within('Waiting for the restart', this.#limit(limits.boot), isBack);
  }

  /** Saves the running machine, memory included, to be continued as often as wanted. The machine goes on. Only on `virt`. */
  async snapshot(name: string): Promise<VmSnapshot> {
    if (!boardFacts[this.board].hasSnapshots) throw new TypeError(`${this.board} has no snapshots`);
    const run = this.#running();
    await this.#lastTurn;
    const saving = saveSnapshot(run.qmp, this.#parts, name);
    const parts = await run.within('Saving the machine', this.#limit(limits.unit), saving);
    const source = this.#options;
    return {
      async clone(changes = {}) {
        const { logFolder: _logFolder, ...options } = source;
        const vm = new Vm({ ...options, ...changes }, await copyParts(parts));
        try {
          await vm.powerOn();
          return vm;
        } catch (error) {
          await vm[Symbol.asyncDispose]();
          throw error;
        }
      },
      async [Symbol.asyncDispose]() {
        await rm(parts.folder, { recursive: true, force: true });
      },
    };
  }

  /** Saves the journal and the state of the units beside the serial log, as far as the guest still answers. */
  async saveEvidence(): Promise<void> {
    for (const [file, command] of [
      ['journal.txt', 'journalctl --no-pager --boot'],
      [
        'units.txt',
        'systemctl --no-pager --failed; systemctl --no-pager status $(systemctl list-units --failed --plain --no-legend | cut -d" " -f1)',
      ],
    ] as const) {
      const answer = await this.run(command, { timeoutMs: 60_000 }).catch(() => undefined);
      if (answer) await writeFile(`${this.#logFolder}/${file}`, answer.stdout);
    }
  }

  /** Ends QEMU and removes the card; after a failure the logs stay. */
  async [Symbol.asyncDispose](): Promise<void> {
    const run = this.#run;
    run?.kill();
    await run?.ended;
    const keepsLogs = this.#hasFailed && this.#logFolder === this.#parts.folder;
    if (keepsLogs) await removeParts(this.#parts);
    else await rm(this.#parts.folder, { recursive: true, force: true });
  }

  #running(): MachineRun {
    if (!this.#run)
      throw this.#failure('The virtual machine is not running.', 'It was switched off or has stopped.');
    return this.#run;
  }

  #noteSerialLine(line: string): void {
    this.#tail.push(line);
    if (this.#tail.length > 30) this.#tail.shift();
    this.#options.onSerialLine?.(line);
  }

  #limit(milliseconds: number): number {
    return milliseconds * (this.#options.slowness ?? 1);
  }

  async #call(command: string, timeoutMs: number): Promise<GuestAnswer> {
    const run = this.#running();
    const { channel } = run;
    if (!channel) throw new TypeError(`${this.board} has no command channel`);
    await run.within("Waiting for the guest's shell", this.#limit(limits.boot), channel.ready());
    const guestLimitMs = this.#limit(timeoutMs);
    const answer = channel.call(command, guestLimitMs / 1000).catch((error: unknown) => {
      throw this.#failure(`The guest did not answer \`${command.slice(0, 200)}\`.`, String(error));
    });
    // The guest's own timer comes first.
    return await run.within(
      `Running \`${command.slice(0, 200)}\``,
      guestLimitMs + this.#limit(30_000),
      answer,
    );
  }

  async #systemState(): Promise<string> {
    if (boardFacts[this.board].channel === undefined) return this.#run?.report?.state ?? '';
    return (await this.run('systemctl is-system-running')).stdout.trim();
  }

  async #poll<T>(what: string, timeoutMs: number, attempt: () => Promise<T | undefined>): Promise<T> {
    const run = this.#running();
    let isOver = false;
    const work = async (): Promise<T> => {
      for (;;) {
        const result = await attempt();
        if (result !== undefined) return result;
        if (isOver) throw new Error('given up');
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    };
    const trying = work();
    trying.catch(() => {});
    try {
      return await run.within(what, this.#limit(timeoutMs), trying);
    } finally {
      isOver = true;
    }
  }

  async #waitForEnd(run: MachineRun): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), this.#limit(limits.powerDown));
    });
    const first = await Promise.race([run.ended, timeout]);
    clearTimeout(timer);
    if (first !== 'late') return;
    run.kill();
    await run.ended;
    throw this.#failure('The guest did not switch itself off in time.', 'The plug was pulled.');
  }

  #failure(what: string, why: string): HearthError {
    this.#hasFailed = true;
    return new HearthError('ERR_BOOT_FAILED', {
      what,
      why,
      todo: `Read the serial log ${this.serialLog}; QEMU's command line is in ${this.commandFile}.`,
      state: 'The image itself was not changed.',
      details: `The console's last lines:\n${this.#tail.join('\n') || '(nothing)'}`,
    });
  }
}
