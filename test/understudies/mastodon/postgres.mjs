import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import { Refusal, refuse } from './refuse.mjs';

/** What PostgreSQL or PgBouncer said no to. */
export class PostgresError extends Refusal {
  constructor(fields) {
    super(`PG::Error: ${fields.M} (${fields.C})`);
    this.code = fields.C;
  }
}

const timeoutMs = 60_000;

/** Connects with a user and a password (SCRAM) and asks one thing after another. */
export class Postgres {
  #socket;
  #rest = Buffer.alloc(0);
  #waiting;
  #backlog = [];
  #failure;
  #turn = Promise.resolve();
  /** What the other side said at the start; a pooler makes it up. */
  backendPid = 0;

  static async connect({ host, port, database, user, password, sslmode, applicationName = '' }) {
    const postgres = new Postgres();
    await postgres.#open({ host, port, sslmode });
    postgres.#startUp({ user, database, applicationName });
    await postgres.#logIn(password);
    return postgres;
  }

  /** Rows of the last statement, as texts by name. The values are quoted by the caller with {@link literal}. */
  async query(sql) {
    const before = this.#turn;
    let done;
    this.#turn = new Promise((resolve) => {
      done = resolve;
    });
    await before;
    try {
      this.#send('Q', Buffer.from(`${sql}\0`));
      return await this.#answer();
    } finally {
      done();
    }
  }

  /** Makes a statement that stays with the connection, as Rails does unless it is told not to. */
  async prepare(name, sql) {
    this.#send('P', Buffer.concat([text(name), text(sql), Buffer.from([0, 0])]));
    this.#send('S', Buffer.alloc(0));
    await this.#answer();
  }

  async execute(name) {
    this.#send('B', Buffer.concat([text(''), text(name), Buffer.alloc(6)]));
    this.#send('E', Buffer.concat([text(''), Buffer.alloc(4)]));
    this.#send('S', Buffer.alloc(0));
    await this.#answer();
  }

  /** True if something stands between here and PostgreSQL: the process behind is not the one that said hello. */
  async isPooled() {
    const [row] = await this.query('SELECT pg_backend_pid() AS pid');
    return Number(row.pid) !== this.backendPid;
  }

  close() {
    this.#socket?.end();
    this.#socket?.destroy();
  }

  async #open({ host, port, sslmode }) {
    const plain = net.connect({ host, port: Number(port) });
    await new Promise((resolve, reject) => {
      plain.once('connect', resolve);
      plain.once('error', reject);
      plain.setTimeout(10_000, () => plain.destroy(new Error(`${host}:${port} does not answer`)));
    });
    plain.setTimeout(0);
    this.#socket = sslmode === 'disable' ? plain : await secured(plain, sslmode);
    this.#socket.on('data', (part) => this.#take(part));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the database closed the connection')));
  }

  #startUp({ user, database, applicationName }) {
    const fields = [
      'user',
      user,
      'database',
      database,
      'client_encoding',
      'UTF8',
      'application_name',
      applicationName,
    ];
    const body = Buffer.concat([Buffer.from([0, 3, 0, 0]), ...fields.map(text), Buffer.from([0])]);
    this.#socket.write(Buffer.concat([int32(body.length + 4), body]));
  }

  async #logIn(password) {
    for (;;) {
      const { type, body } = await this.#next();
      if (type === 'E') throw new PostgresError(fieldsOf(body));
      if (type === 'K') this.backendPid = body.readInt32BE(0);
      if (type === 'Z') return;
      if (type !== 'R') continue;
      const kind = body.readInt32BE(0);
      if (kind === 0) continue;
      // A password in the clear, or one that anybody may use again.
      if (kind !== 10) refuse('the database does not ask for SCRAM');
      await this.#scram(body.subarray(4).toString(), password);
    }
  }

  async #scram(mechanisms, password) {
    if (!mechanisms.split('\0').includes('SCRAM-SHA-256'))
      refuse(`SCRAM-SHA-256 is not offered: ${mechanisms}`);
    const nonce = randomBytes(18).toString('base64');
    const bare = `n=,r=${nonce}`;
    this.#send(
      'p',
      Buffer.concat([text('SCRAM-SHA-256'), int32(bare.length + 3), Buffer.from(`n,,${bare}`)]),
    );
    const first = await this.#sasl(11);
    const [, r, s, i] = /^r=([^,]+),s=([^,]+),i=(\d+)/.exec(first) ?? refuse('not SCRAM');
    const salted = pbkdf2Sync(password, Buffer.from(s, 'base64'), Number(i), 32, 'sha256');
    const hmac = (key, value) => createHmac('sha256', key).update(value).digest();
    const clientKey = hmac(salted, 'Client Key');
    const final = `c=biws,r=${r}`;
    const all = `${bare},${first},${final}`;
    const signature = hmac(createHash('sha256').update(clientKey).digest(), all);
    const proof = clientKey.map((byte, at) => byte ^ signature[at]);
    this.#send('p', Buffer.from(`${final},p=${Buffer.from(proof).toString('base64')}`));
    const last = await this.#sasl(12);
    const expected = hmac(hmac(salted, 'Server Key'), all).toString('base64');
    if (last !== `v=${expected}`) refuse('the database does not know the password itself');
  }

  async #sasl(kind) {
    const { type, body } = await this.#next();
    if (type === 'E') throw new PostgresError(fieldsOf(body));
    if (type !== 'R' || body.readInt32BE(0) !== kind) refuse(`unexpected answer ${type}`);
    return body.subarray(4).toString();
  }

  async #answer() {
    let names = [];
    let rows = [];
    let failure;
    for (;;) {
      const { type, body } = await this.#next();
      if (type === 'T') [names, rows] = [columnsOf(body), []];
      else if (type === 'D') rows.push(rowOf(names, body));
      else if (type === 'E') failure = new PostgresError(fieldsOf(body));
      else if (type === 'Z' && failure !== undefined) throw failure;
      else if (type === 'Z') return rows;
    }
  }

  #send(type, body) {
    if (this.#failure !== undefined) throw this.#failure;
    this.#socket.write(Buffer.concat([Buffer.from(type), int32(body.length + 4), body]));
  }

  #take(part) {
    this.#rest = Buffer.concat([this.#rest, part]);
    while (this.#rest.length >= 5) {
      const size = this.#rest.readInt32BE(1) + 1;
      if (this.#rest.length < size) return;
      this.#backlog.push({ type: String.fromCharCode(this.#rest[0]), body: this.#rest.subarray(5, size) });
      this.#rest = this.#rest.subarray(size);
    }
    this.#wake();
  }

  #wake() {
    const { resolve } = this.#waiting ?? {};
    if (resolve === undefined || this.#backlog.length === 0) return;
    this.#waiting = undefined;
    resolve(this.#backlog.shift());
  }

  #fail(error) {
    this.#failure ??= error;
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }

  #next() {
    return new Promise((resolve, reject) => {
      if (this.#backlog.length === 0 && this.#failure !== undefined) return reject(this.#failure);
      const timer = setTimeout(() => this.#fail(new Error('the database does not answer')), timeoutMs);
      this.#waiting = {
        resolve: (message) => {
          clearTimeout(timer);
          resolve(message);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#wake();
    });
  }
}

/** A text as SQL has it; null for undefined. */
export function literal(value) {
  return value === undefined ? 'NULL' : `'${String(value).replaceAll("'", "''")}'`;
}

/** Asks for TLS; `prefer` goes on without, all else insists. */
async function secured(socket, sslmode) {
  socket.write(Buffer.concat([int32(8), int32(80877103)]));
  const answer = await new Promise((resolve, reject) => {
    socket.once('data', (part) => resolve(part.toString('latin1', 0, 1)));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
  });
  if (answer === 'S') return tls.connect({ socket, rejectUnauthorized: false });
  if (sslmode === 'prefer') return socket;
  refuse('The server does not support SSL connections');
}

const text = (value) => Buffer.from(`${value}\0`);

function int32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function fieldsOf(body) {
  const parts = body
    .toString()
    .split('\0')
    .filter((part) => part !== '');
  return Object.fromEntries(parts.map((part) => [part[0], part.slice(1)]));
}

function columnsOf(body) {
  let at = 2;
  return Array.from({ length: body.readInt16BE(0) }, () => {
    const end = body.indexOf(0, at);
    const name = body.toString('utf8', at, end);
    at = end + 19;
    return name;
  });
}

function rowOf(names, body) {
  let at = 2;
  const values = names.map((name) => {
    const size = body.readInt32BE(at);
    const value = size < 0 ? undefined : body.toString('utf8', at + 4, at + 4 + size);
    at += 4 + Math.max(size, 0);
    return [name, value];
  });
  return Object.fromEntries(values);
}
