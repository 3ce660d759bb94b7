import type { Socket } from 'node:net';
import { LineCutter } from './serial-text.ts';

interface Reply {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
  readonly event?: string;
}

/** QEMU's control socket: one JSON object a line, one command at a time. */
export class Qmp {
  readonly #socket: Socket;
  readonly #waiting: { resolve: (value: unknown) => void; reject: (reason: Error) => void }[] = [];
  readonly #greeting: Promise<void>;

  constructor(socket: Socket) {
    this.#socket = socket;
    const cutter = new LineCutter();
    let greeted: () => void;
    this.#greeting = new Promise((resolve) => {
      greeted = resolve;
    });
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      for (const line of cutter.push(text)) {
        const reply = JSON.parse(line) as Reply & { QMP?: unknown };
        if (reply.QMP) greeted();
        else if (reply.event === undefined) this.#settle(reply);
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('QEMU closed its control socket.'));
    });
  }

  /** Must be called once, before any command. */
  async negotiate(): Promise<void> {
    await this.#greeting;
    await this.execute('qmp_capabilities');
  }

  async execute(command: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return await new Promise((resolve, reject) => {
      if (this.#socket.destroyed) {
        reject(new Error('QEMU closed its control socket.'));
        return;
      }
      this.#waiting.push({ resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: parameters })}\n`);
    });
  }

  /** A command of the human monitor. It answers with text; any text of these commands is a complaint. */
  async monitor(commandLine: string): Promise<void> {
    const text = await this.execute('human-monitor-command', { 'command-line': commandLine });
    if (typeof text === 'string' && text.trim() !== '') throw new Error(text.trim());
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.shift();
    if (reply.error) waiting?.reject(new Error(reply.error.desc));
    else waiting?.resolve(reply.return);
  }
}
