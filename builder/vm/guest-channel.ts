import type { Socket } from 'node:net';
import { channelPrelude, encodeCall, type GuestAnswer, parseGuestLine } from './guest-protocol.ts';
import { LineCutter } from './serial-text.ts';

interface Waiting {
  readonly resolve: (answer: GuestAnswer) => void;
  readonly reject: (reason: Error) => void;
}

/** The shell in the guest, over a serial device: one command at a time, in the order of the calls. */
export class GuestChannel {
  readonly #socket: Socket;
  #nextId = 1;
  #bootId: string | undefined;
  #calls = new Map<number, Waiting>();
  #readyListeners: (() => void)[] = [];

  /** `isTaught`: the guest comes from a snapshot, so its shell waits for commands and will not greet. */
  constructor(socket: Socket, isTaught: boolean) {
    this.#socket = socket;
    if (isTaught) this.#bootId = 'from snapshot';
    const cutter = new LineCutter();
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      for (const line of cutter.push(text)) this.#receive(line);
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#rejectCalls('The command channel was closed.'));
  }

  /** Changes with each start of the guest; undefined until its shell has answered once. */
  get bootId(): string | undefined {
    return this.#bootId;
  }

  /** Waits for a shell of a start other than `previousBootId`. */
  async ready(previousBootId?: string): Promise<void> {
    while (this.#bootId === undefined || this.#bootId === previousBootId) {
      await new Promise<void>((resolve) => this.#readyListeners.push(resolve));
    }
  }

  /** Runs a command. The guest ends it after `timeoutSeconds`: exit code 124. */
  async call(command: string, timeoutSeconds: number): Promise<GuestAnswer> {
    const id = this.#nextId++;
    return await new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#socket.write(encodeCall(id, command, timeoutSeconds));
    });
  }

  #receive(text: string): void {
    const line = parseGuestLine(text);
    if (line.kind === 'answer') {
      this.#calls.get(line.id)?.resolve(line.answer);
      this.#calls.delete(line.id);
    } else if (line.kind === 'ready') {
      // A new shell: the guest was restarted, or the old shell ended with a command unanswered.
      this.#rejectCalls('The guest was restarted before the command had ended.');
      this.#socket.write(channelPrelude());
      this.#bootId = line.bootId;
      for (const listener of this.#readyListeners.splice(0)) listener();
    }
  }

  #rejectCalls(why: string): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const { reject } of calls) reject(new Error(why));
  }
}
