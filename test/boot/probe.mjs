// Runs in the guest: answers one question with one line of JSON.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';

const question = JSON.parse(process.argv[2]);
if (question.job !== undefined) await say(await doJob(question.job));
else if (question.isSocket === true) await say(await openSocket(question));
else await say(await getPage(question));

function say(answer) {
  console.log(JSON.stringify(answer));
  process.exit(0);
}

function getPage({ url, headers, method = 'GET', body }) {
  return new Promise((resolve, reject) => {
    const call = http.request(url, { method, headers, agent: false, timeout: 60_000 }, (reply) => {
      const parts = [];
      reply.on('data', (part) => parts.push(part));
      reply.on('end', () =>
        resolve({ status: reply.statusCode, headers: reply.headers, body: Buffer.concat(parts).toString() }),
      );
    });
    call.on('timeout', () => call.destroy(new Error('no answer in 60 s')));
    call.on('error', reject);
    call.end(body);
  });
}

function openSocket({ url, headers }) {
  const key = randomBytes(16).toString('base64');
  const more = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  return new Promise((resolve, reject) => {
    const call = http.request(url, {
      headers: { ...headers, ...more, 'sec-websocket-key': key },
      agent: false,
    });
    call.on('response', (reply) => resolve({ status: reply.statusCode, headers: reply.headers, body: '' }));
    call.on('upgrade', (reply, socket, head) => {
      const take = (part) => {
        // A short text in one frame: two bytes before it.
        if (part.length > 2)
          resolve({ status: 101, headers: reply.headers, body: part.subarray(2, 2 + part[1]).toString() });
      };
      take(head);
      socket.on('data', take);
    });
    call.on('error', reject);
    call.end();
  });
}

/** Into a queue of Sidekiq, and what comes back. */
async function doJob({ class: name, args, queue = 'default' }) {
  const { valkey } = JSON.parse(readFileSync('/var/lib/hearth/data.json', 'utf8'));
  const jid = randomBytes(12).toString('hex');
  const job = {
    class: name,
    args,
    jid,
    queue,
    retry: 0,
    created_at: Date.now() / 1_000,
    enqueued_at: Date.now() / 1_000,
  };
  const ask = await openValkey(valkey);
  await ask('LPUSH', `queue:${queue}`, JSON.stringify(job));
  await ask('SADD', 'queues', queue);
  for (let tries = 0; tries < 600; tries++) {
    for (const list of ['understudy:done', 'understudy:failed']) {
      const last = JSON.parse((await ask('LINDEX', list, '-1')) ?? '{}');
      if (last.jid !== jid) continue;
      if (last.why !== undefined) throw new Error(`${name}: ${last.why}`);
      return { status: 200, headers: {}, body: JSON.stringify(last.result ?? null) };
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`nobody did the job ${name}`);
}

/** Commands whose answers are a number, a text or nothing. */
function openValkey({ port, password }) {
  const socket = net.connect(port, '127.0.0.1');
  let text = '';
  let waiting;
  socket.setEncoding('utf8');
  socket.on('data', (part) => {
    text += part;
    const end = text.indexOf('\r\n');
    if (end < 0) return;
    const size = text[0] === '$' ? Number(text.slice(1, end)) : -2;
    if (size >= 0 && Buffer.byteLength(text) < end + size + 4) return;
    const answer = size >= 0 ? text.slice(end + 2, -2) : size === -1 ? undefined : text.slice(1, end);
    const isRefused = text[0] === '-';
    text = '';
    if (isRefused) waiting.reject(new Error(answer));
    else waiting.resolve(answer);
  });
  const ask = (...words) =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject };
      const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
      socket.write(`*${words.length}\r\n${parts.join('')}`);
    });
  return ask('AUTH', password).then(() => ask);
}
