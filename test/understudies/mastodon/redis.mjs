import net from 'node:net';
import { Refusal } from './refuse.mjs';

/** A connection to Valkey, with its password. */
export class Redis {
  #socket;
  #rest = Buffer.alloc(0);
  #waiting = [];
  #failure;

  static async connect({ host, port, password, user }) {
    const redis = new Redis();
    await redis.#open(host, Number(port));
    await redis.ask('AUTH', ...(user === undefined ? [] : [user]), password);
    return redis;
  }

  /** Sends one command; texts, numbers, lists or undefined come back. */
  ask(...words) {
    if (this.#failure !== undefined) throw this.#failure;
    const parts = words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.write(`*${words.length}\r\n${parts.join('')}`);
    });
  }

  close() {
    this.#socket.destroy();
  }

  #open(host, port) {
    this.#socket = net.connect({ host, port });
    this.#socket.on('data', (part) => this.#take(part));
    this.#socket.on('close', () => this.#fail(new Error('Valkey closed the connection')));
    return new Promise((resolve, reject) => {
      this.#socket.once('connect', resolve);
      this.#socket.on('error', (error) => {
        reject(error);
        this.#fail(error);
      });
    });
  }

  #fail(error) {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }

  #take(part) {
    this.#rest = Buffer.concat([this.#rest, part]);
    for (let found = parse(this.#rest, 0); found !== undefined; found = parse(this.#rest, 0)) {
      this.#rest = this.#rest.subarray(found.end);
      const { resolve, reject } = this.#waiting.shift();
      if (found.value instanceof Error) reject(found.value);
      else resolve(found.value);
    }
  }
}

/** One value of the protocol; undefined if not all of it is there. */
function parse(bytes, start) {
  const lineEnd = bytes.indexOf('\r\n', start);
  if (lineEnd < 0) return undefined;
  const line = bytes.toString('utf8', start + 1, lineEnd);
  const end = lineEnd + 2;
  switch (String.fromCharCode(bytes[start])) {
    case '+':
      return { value: line, end };
    case '-':
      return { value: new Refusal(`RedisClient: ${line}`), end };
    case ':':
      return { value: Number(line), end };
    case '$':
      return parseText(bytes, end, Number(line));
    default:
      return parseList(bytes, end, Number(line));
  }
}

function parseText(bytes, start, size) {
  if (size < 0) return { value: undefined, end: start };
  if (bytes.length < start + size + 2) return undefined;
  return { value: bytes.toString('utf8', start, start + size), end: start + size + 2 };
}

function parseList(bytes, start, count) {
  if (count < 0) return { value: undefined, end: start };
  const value = [];
  let end = start;
  for (let left = count; left > 0; left--) {
    const found = parse(bytes, end);
    if (found === undefined) return undefined;
    value.push(found.value);
    end = found.end;
  }
  return { value, end };
}
