import { createServer, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** What lies in the server. Times of sorted sets are scores in seconds. */
export interface Keys {
  readonly sets?: Readonly<Record<string, readonly string[]>>;
  /** As LRANGE shows them: the newest first. */
  readonly lists?: Readonly<Record<string, readonly string[]>>;
  readonly hashes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly scores?: Readonly<Record<string, readonly number[]>>;
  readonly texts?: Readonly<Record<string, string>>;
}

export interface ValkeyServer {
  readonly port: number;
  /** Every command that was asked, in words; the password is left out. */
  readonly asked: string[];
  /** What lies in it; may be changed while it runs. */
  readonly keys: { now: Keys };
}

type Answer = string;

/** A server that speaks RESP strictly: whole commands as arrays only, nothing before AUTH, no unknown command. */
export async function valkeyServer(password: string, keys: Keys, splitAt?: number): Promise<ValkeyServer> {
  const asked: string[] = [];
  const held = { now: keys };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay();
    let text = Buffer.alloc(0);
    let isIn = false;
    socket.on('error', () => {});
    socket.on('data', (part: Buffer) => {
      text = Buffer.concat([text, part]);
      for (let command = takeCommand(text); command !== undefined; command = takeCommand(text)) {
        text = Buffer.from(text.subarray(command.next));
        const { words } = command;
        const isSignIn = words[0] === 'AUTH';
        asked.push(isSignIn ? 'AUTH' : words.join(' '));
        if (isSignIn) isIn = words.length === 2 && words[1] === password;
        void send(socket, answerTo(words, isIn, held.now), splitAt);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as { port: number }).port, asked, keys: held };
}

/** In pieces that arrive one by one, if wanted: the next goes only when the last is away. */
async function send(socket: Socket, answer: Answer, splitAt: number | undefined): Promise<void> {
  const bytes = Buffer.from(answer);
  const size = splitAt ?? bytes.length;
  for (let from = 0; from < bytes.length; from += size) {
    socket.write(bytes.subarray(from, from + size));
    if (splitAt !== undefined) await setTimeout(2);
  }
}

function answerTo(words: readonly string[], isIn: boolean, keys: Keys): Answer {
  const [name = '', key = '', ...more] = words;
  if (name === 'AUTH') return isIn ? '+OK\r\n' : '-WRONGPASS invalid username-password pair\r\n';
  if (!isIn) return '-NOAUTH Authentication required.\r\n';
  const forms: Readonly<Record<string, () => Answer>> = {
    SMEMBERS: () => list(keys.sets?.[key] ?? []),
    LLEN: () => `:${keys.lists?.[key]?.length ?? 0}\r\n`,
    'LRANGE -1 -1': () => list(keys.lists?.[key]?.slice(-1) ?? []),
    ZCARD: () => `:${keys.scores?.[key]?.length ?? 0}\r\n`,
    GET: () => bulk(keys.texts?.[key]),
    ZCOUNT: () => `:${keys.scores?.[key]?.filter((score) => score >= Number(more[0])).length ?? 0}\r\n`,
    HMGET: () => list(more.map((field) => keys.hashes?.[key]?.[field])),
  };
  const line = [name, ...more].join(' ');
  const isFree = name === 'HMGET' || (name === 'ZCOUNT' && more[1] === '+inf');
  return (forms[isFree ? name : line] ?? (() => `-ERR unknown command '${line}'\r\n`))();
}

function bulk(text: string | undefined): Answer {
  return text === undefined ? '$-1\r\n' : `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

function list(texts: readonly (string | undefined)[]): Answer {
  return `*${texts.length}\r\n${texts.map(bulk).join('')}`;
}

function takeCommand(
  bytes: Buffer,
): { readonly words: readonly string[]; readonly next: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(bytes.toString('latin1'));
  if (head === null) {
    if (bytes.includes('\r\n')) throw new Error('no RESP command');
    return undefined;
  }
  const words: string[] = [];
  let next = head[0].length;
  for (let index = 0; index < Number(head[1]); index++) {
    const size = /^\$(\d+)\r\n/.exec(bytes.toString('latin1', next));
    if (size === null) return undefined;
    const from = next + size[0].length;
    const end = from + Number(size[1]);
    if (bytes.length < end + 2) return undefined;
    words.push(bytes.toString('utf8', from, end));
    next = end + 2;
  }
  return { words, next };
}
