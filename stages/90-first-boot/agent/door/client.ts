import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import type { Readable } from 'node:stream';
import { readLines } from './lines.ts';
import type { DoorCalls, SetupEvent } from './protocol.ts';

/** The way to the keeper. Every function throws DoorRefusal and nothing else. */
export interface Door {
  readonly call: <Name extends keyof DoorCalls>(
    name: Name,
    ask: DoorCalls[Name]['ask'],
  ) => Promise<DoorCalls[Name]['answer']>;
  /** The events with an id above `after`, then each new one. Ends only by `signal` or by an error. */
  readonly events: (token: string, after: number, signal?: AbortSignal) => AsyncIterable<SetupEvent>;
  /** The support bundle, a .tar.gz. Destroy the stream if it is not read to its end. */
  readonly bundle: (token: string, signal?: AbortSignal) => Promise<Readable>;
}

/**
 * `session`: the token is unknown or over. `phase`: not now. `bad`: the keeper takes it for no valid call.
 * `unreachable`: no answer, or one that makes no sense.
 */
export type RefusalReason = 'session' | 'phase' | 'bad' | 'unreachable';

/** A call that the keeper did not do. */
export class DoorRefusal extends Error {
  override readonly name = 'DoorRefusal';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

interface Ask {
  readonly socketPath: string;
  readonly name: string;
  readonly body: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The keeper may have to be started first, on a slow card. */
const callTimeoutMs = 45_000;
const doctorTimeoutMs = 180_000;
/** The keeper sends a line every ten seconds. */
const silenceTimeoutMs = 35_000;
/** Collecting begins at once, but a program may be slow. */
const bundleTimeoutMs = 60_000;
const maxAnswerBytes = 8 * 1024 * 1024;

const reasons: Readonly<Record<number, RefusalReason>> = {
  400: 'bad',
  401: 'session',
  404: 'bad',
  409: 'phase',
  413: 'bad',
};

/** The keeper behind this socket. Opens no connection before the first call. */
export function connectDoor(socketPath: string): Door {
  return {
    call: async (name, ask) => {
      const timeoutMs = name === 'doctor' ? doctorTimeoutMs : callTimeoutMs;
      const response = await send({ socketPath, name, body: JSON.stringify(ask), timeoutMs });
      // The keeper is trusted with the shape of its answers: it is the one of the two that has the rights.
      return (await readAnswer(response, timeoutMs)) as never;
    },
    events: (token, after, signal) =>
      eventsOf({
        socketPath,
        name: 'events',
        body: JSON.stringify({ token, after }),
        timeoutMs: silenceTimeoutMs,
        signal,
      }),
    bundle: (token, signal) =>
      send({
        socketPath,
        name: 'bundle',
        body: JSON.stringify({ token }),
        timeoutMs: bundleTimeoutMs,
        signal,
      }),
  };
}

async function* eventsOf(ask: Ask): AsyncIterable<SetupEvent> {
  const response = await send(ask);
  try {
    for await (const line of readLines(response)) {
      const event = parse(line) as Partial<SetupEvent>;
      // An empty object only says that the keeper is still there.
      if (event.id !== undefined) yield event as SetupEvent;
    }
  } catch (error) {
    if (ask.signal?.aborted) return;
    throw unreachable(error);
  } finally {
    response.destroy();
  }
}

/** Gives the response once it has begun with status 200. */
function send({ socketPath, name, body, timeoutMs, signal }: Ask): Promise<IncomingMessage> {
  const options: RequestOptions = {
    socketPath,
    path: `/${name}`,
    method: 'POST',
    // One connection a call: the keeper leaves when nobody is connected.
    agent: false,
    timeout: timeoutMs,
    headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) },
    ...(signal === undefined ? {} : { signal }),
  };
  return new Promise((resolve, reject) => {
    const call = request(options, (response) => {
      if (response.statusCode === 200) return resolve(response);
      response.resume();
      const reason = reasons[response.statusCode ?? 0] ?? 'unreachable';
      reject(new DoorRefusal(reason, `the keeper answered ${name} with ${response.statusCode}`));
    });
    call.on('timeout', () => call.destroy(new Error(`the keeper was silent for ${timeoutMs} ms`)));
    call.on('error', (error) => reject(unreachable(error)));
    call.end(body);
  });
}

async function readAnswer(response: IncomingMessage, timeoutMs: number): Promise<unknown> {
  const timer = setTimeout(() => response.destroy(new Error('the answer took too long')), timeoutMs);
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > maxAnswerBytes) throw new Error('the answer is too long');
      parts.push(part);
    }
  } catch (error) {
    throw unreachable(error);
  } finally {
    clearTimeout(timer);
  }
  return parse(Buffer.concat(parts).toString('utf8'));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DoorRefusal('unreachable', 'the keeper sent something that is no JSON');
  }
}

function unreachable(error: unknown): DoorRefusal {
  if (error instanceof DoorRefusal) return error;
  return new DoorRefusal('unreachable', error instanceof Error ? error.message : String(error));
}
