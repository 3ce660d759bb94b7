import { connect, type Socket } from 'node:net';
import { encodeCommand, parseReply, ValkeyError, type ValkeyReply } from './resp.ts';

export { ValkeyError, type ValkeyReply } from './resp.ts';

export interface ValkeyOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly port: number;
  /** Sent over the connection only. */
  readonly password: string;
  /** For all that is asked over this connection together. Default 5 000. */
  readonly timeoutMs?: number;
}

/** `unreachable`: no answer. `refused`: the password is not the right one. `stranger`: who answers is no Valkey. */
export type NoValkey = 'unreachable' | 'refused' | 'stranger';

/** There is no working connection to Valkey. */
export class ValkeyFailure extends Error {
  override readonly name = 'ValkeyFailure';
  readonly reason: NoValkey;

  constructor(reason: NoValkey, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

export interface Valkey {
  /** Asks one command: `ask('LLEN', 'queue:default')`. Throws ValkeyError (its own words) or ValkeyFailure. */
  readonly ask: (...words: readonly string[]) => Promise<ValkeyReply>;
  readonly close: () => void;
}

interface Waiting {
  readonly resolve: (reply: ValkeyReply) => void;
  readonly reject: (error: Error) => void;
}

const maxBytes = 8 * 1024 * 1024;

/** Connects to Valkey and signs in. Throws ValkeyFailure. Whoever opens it closes it. */
export async function openValkey(options: ValkeyOptions): Promise<Valkey> {
  const { host = '127.0.0.1', port, password, timeoutMs = 5_000 } = options;
  const valkey = makeValkey(connect({ host, port }), timeoutMs);
  try {
    await valkey.ask('AUTH', password);
    return valkey;
  } catch (error) {
    valkey.close();
    // Its words are about the password: WRONGPASS, NOAUTH, or that none is set.
    if (error instanceof ValkeyError) throw new ValkeyFailure('refused', 'Valkey refuses the password');
    throw error;
  }
}

/** Opens a connection, does the work, and closes the connection whatever happens. */
export async function withValkey<T>(
  options: ValkeyOptions,
  work: (valkey: Valkey) => Promise<T>,
): Promise<T> {
  const valkey = await openValkey(options);
  try {
    return await work(valkey);
  } finally {
    valkey.close();
  }
}

function makeValkey(socket: Socket, timeoutMs: number): Valkey {
  const waiting: Waiting[] = [];
  let received = Buffer.alloc(0);
  let end: ValkeyFailure | undefined;
  const fail = (failure: ValkeyFailure) => {
    end ??= failure;
    clearTimeout(timer);
    socket.destroy();
    for (const { reject } of waiting.splice(0)) reject(end);
  };
  const timer = setTimeout(() => fail(new ValkeyFailure('unreachable', 'no answer in time')), timeoutMs);
  socket.on('data', (part: Buffer) => {
    received = Buffer.concat([received, part]);
    try {
      received = handOut(received, waiting);
    } catch (error) {
      fail(new ValkeyFailure('stranger', (error as Error).message));
    }
  });
  socket.on('error', (error: NodeJS.ErrnoException) =>
    fail(new ValkeyFailure('unreachable', error.code ?? error.name)),
  );
  socket.on('close', () => fail(new ValkeyFailure('unreachable', 'the connection was closed')));
  return {
    ask: (...words) =>
      new Promise((resolve, reject) => {
        if (end !== undefined) return reject(end);
        waiting.push({ resolve, reject });
        socket.write(encodeCommand(words));
      }),
    close: () => fail(new ValkeyFailure('unreachable', 'the connection was closed here')),
  };
}

/** Gives each whole reply to who waits for it; what is left over waits for more. */
function handOut(received: Buffer, waiting: Waiting[]): Buffer<ArrayBuffer> {
  let from = 0;
  for (;;) {
    const parsed = from < received.length ? parseReply(received, from) : undefined;
    if (parsed === undefined) break;
    const first = waiting.shift();
    if (first === undefined) throw new Error('an answer that nobody asked for');
    if (parsed.reply instanceof ValkeyError) first.reject(parsed.reply);
    else first.resolve(parsed.reply);
    from = parsed.next;
  }
  if (received.length - from > maxBytes) throw new Error('the answer is too long');
  return Buffer.from(received.subarray(from));
}
