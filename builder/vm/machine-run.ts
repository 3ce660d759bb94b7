import type { HearthError } from '../errors/hearth-error.ts';
import { GuestChannel } from './guest-channel.ts';
import type { QemuProcess } from './qemu-process.ts';
import { Qmp } from './qmp.ts';
import { fatalReason, LineCutter, plainLine } from './serial-text.ts';

export interface RunReport {
  /** The state that systemd gave when the boot had ended, as in `systemctl is-system-running`. */
  readonly state: string;
  readonly failedUnits: readonly string[];
}

export interface MachineRunOptions {
  readonly process: QemuProcess;
  readonly isFromSnapshot: boolean;
  readonly onSerialLine: (line: string) => void;
  /** Makes the error for a machine that ended or went wrong by itself. */
  readonly failure: (what: string, why: string) => HearthError;
}

/** One life of a virtual machine: from the start of QEMU to its end. */
export class MachineRun {
  readonly qmp: Qmp;
  readonly channel: GuestChannel | undefined;
  /** Resolves when QEMU has ended, for whatever reason. */
  readonly ended: Promise<void>;
  readonly #process: QemuProcess;
  readonly #failure: MachineRunOptions['failure'];
  readonly #failed: Promise<never>;
  #fail: (error: HearthError) => void = () => {};
  #isEndWanted = false;
  #exitCode: number | undefined;
  #report: RunReport | undefined;

  constructor(options: MachineRunOptions) {
    const { sockets, exited } = options.process;
    this.#process = options.process;
    this.#failure = options.failure;
    this.#failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.#failed.catch(() => {});
    this.qmp = new Qmp(sockets.qmp);
    this.channel = sockets.channel ? new GuestChannel(sockets.channel, options.isFromSnapshot) : undefined;
    this.ended = exited.then(({ exitCode, stderr }) => {
      this.#exitCode = exitCode;
      const why = `Exit code ${exitCode}. ${stderr.trim()}`.trim();
      const what = this.#isEndWanted ? 'The virtual machine is switched off.' : 'QEMU stopped by itself.';
      this.#fail(this.#failure(what, why));
    });
    this.#watchConsole(options);
  }

  /** From boards without a command channel, when they have started. */
  get report(): RunReport | undefined {
    return this.#report;
  }

  /** Ends all waiting with this error. */
  fail(error: HearthError): void {
    this.#fail(error);
  }

  /** From now on the end of QEMU is no failure in itself. */
  expectEnd(): void {
    this.#isEndWanted = true;
  }

  kill(): void {
    this.#isEndWanted = true;
    this.#process.kill();
  }

  /** Waits until the guest has switched the machine off. Throws if it goes wrong in another way. */
  async untilOff(): Promise<void> {
    try {
      await this.#failed;
    } catch (error) {
      if (this.#exitCode !== 0) throw error;
    }
  }

  /** The result of `work`, or the failure of this machine, or ERR_BOOT_FAILED after `limitMs`. */
  async within<T>(what: string, limitMs: number, work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const seconds = Math.round(limitMs / 1000);
        reject(
          this.#failure(
            `${what}: not within ${seconds} s.`,
            'The guest may hang, or this computer may be busy.',
          ),
        );
      }, limitMs);
    });
    try {
      return await Promise.race([work, timeout, this.#failed]);
    } finally {
      clearTimeout(timer);
    }
  }

  #watchConsole(options: MachineRunOptions): void {
    const cutter = new LineCutter();
    const socket = options.process.sockets.console;
    socket.setEncoding('utf8');
    socket.on('error', () => {});
    socket.on('data', (text: string) => {
      for (const raw of cutter.push(text)) {
        const line = plainLine(raw);
        if (line === '') continue;
        this.#report = parseReport(line) ?? this.#report;
        options.onSerialLine(line);
        this.#judge(line);
      }
      // A prompt has no line end; of a panic's line the end may not have come yet.
      const rest = plainLine(cutter.rest);
      if (fatalReason(rest) !== undefined) options.onSerialLine(rest);
      this.#judge(rest);
    });
  }

  #judge(line: string): void {
    const why = fatalReason(line);
    if (why !== undefined) this.#fail(this.#failure('The image did not boot.', why));
  }
}

function parseReport(line: string): RunReport | undefined {
  const match = /HEARTH-REPORT (\S+) \[(.*)\]$/.exec(line);
  if (!match?.[1]) return undefined;
  return { state: match[1], failedUnits: (match[2] ?? '').split(' ').filter((name) => name !== '') };
}
