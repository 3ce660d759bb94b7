import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { openDatabase, openRedis } from './connect.mjs';
import { readEnvironment, temporaryFolder } from './environment.mjs';
import { jobs } from './jobs.mjs';
import { log, refuse, sleep } from './refuse.mjs';

const queues = ['default', 'push', 'ingress', 'mailers', 'pull', 'scheduler', 'fasp'];
const defaults = queues.flatMap((name, at) => Array.from({ length: [8, 6, 4, 2, 1, 1, 1][at] }, () => name));
const heartbeatMs = 5_000;
const idleMs = 500;

/** `sidekiq -c N -q QUEUE[,WEIGHT] …` */
export async function runSidekiq(args) {
  const asked = readArguments(args);
  const env = readEnvironment('rails', { hasMedia: true });
  const concurrency = asked.concurrency ?? Number(env.SIDEKIQ_CONCURRENCY ?? 5);
  if (env.DB_POOL !== undefined && Number(env.DB_POOL) < concurrency)
    refuse(`DB_POOL is ${env.DB_POOL}, but ${concurrency} threads want a connection`);
  const database = await openDatabase(env);
  const redis = await openRedis(env);
  const [, policy] = await redis.ask('CONFIG', 'GET', 'maxmemory-policy').catch(() => []);
  if (policy !== undefined && policy !== 'noeviction')
    refuse(`Valkey may throw away jobs: maxmemory-policy is ${policy}`);
  const identity = `${hostname()}:${process.pid}:${randomBytes(6).toString('hex')}`;
  const ready = env.MASTODON_SIDEKIQ_READY_FILENAME;
  const readyFile = ready === undefined ? undefined : `${temporaryFolder}/${ready}`;
  const stop = () => void end({ redis, identity, readyFile });
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, stop);
  await beat(redis, { identity, asked, concurrency });
  setInterval(() => void beat(redis, { identity, asked, concurrency }).catch(lost), heartbeatMs);
  if (readyFile !== undefined) writeFileSync(readyFile, '');
  log(`Sidekiq serves ${[...new Set(asked.queues)].join(', ')} with ${concurrency} threads`);
  await work({ env, database, redis, queues: [...new Set(asked.queues)] });
}

function readArguments(args) {
  const asked = { concurrency: undefined, queues: [] };
  const rest = [...args];
  while (rest.length > 0) {
    const flag = rest.shift();
    const value = rest.shift() ?? refuse(`sidekiq: ${flag} needs a value`);
    if (flag === '-c')
      asked.concurrency = Number(/^[1-9]\d*$/.exec(value)?.[0] ?? refuse(`sidekiq: -c ${value}`));
    else if (flag === '-q') asked.queues.push(...queuesOf(value));
    else refuse(`sidekiq: ${flag} is not known here`);
  }
  return asked.queues.length === 0 ? { ...asked, queues: defaults } : asked;
}

function queuesOf(value) {
  const [, name, weight = '1'] = /^([a-z]+)(?:,(\d+))?$/.exec(value) ?? refuse(`sidekiq: -q ${value}`);
  if (!queues.includes(name)) refuse(`sidekiq: Mastodon has no queue ${name}`);
  return Array.from({ length: Number(weight) }, () => name);
}

/** What a process says of itself, every few seconds. */
async function beat(redis, { identity, asked, concurrency }) {
  const now = Date.now() / 1_000;
  const info = {
    ...{
      hostname: hostname(),
      started_at: now - process.uptime(),
      pid: process.pid,
      tag: 'mastodon',
      concurrency,
    },
    ...{ queues: asked.queues, labels: [], identity, version: '8.1.0', embedded: false },
  };
  const rss = Math.round(process.memoryUsage().rss / 1_024);
  await redis.ask('SADD', 'processes', identity);
  await redis.ask(
    'HSET',
    identity,
    'info',
    JSON.stringify(info),
    'busy',
    '0',
    'beat',
    now,
    'rtt_us',
    '100',
    'quiet',
    'false',
    'rss',
    rss,
  );
  await redis.ask('EXPIRE', identity, 60);
  await dropDead(redis);
}

/** Processes that ended without saying so. */
async function dropDead(redis) {
  for (const other of await redis.ask('SMEMBERS', 'processes'))
    if ((await redis.ask('EXISTS', other)) === 0) await redis.ask('SREM', 'processes', other);
}

function lost(error) {
  log(`Sidekiq: ${error.message}`);
  process.exit(1);
}

async function end({ redis, identity, readyFile }) {
  if (readyFile !== undefined) rmSync(readyFile, { force: true });
  await redis.ask('SREM', 'processes', identity).catch(() => {});
  await redis.ask('DEL', identity).catch(() => {});
  process.exit(0);
}

async function work({ env, database, redis, queues: own }) {
  for (;;) {
    const found = await nextJob(redis, own);
    if (found === undefined) await sleep(idleMs);
    else await runJob({ env, database, redis }, found).catch(lost);
  }
}

async function nextJob(redis, own) {
  for (const queue of own) {
    const text = await redis.ask('RPOP', `queue:${queue}`).catch(lost);
    if (text !== undefined) return { queue, text };
  }
  return undefined;
}

async function runJob(at, { queue, text }) {
  const { redis } = at;
  const day = new Date().toISOString().slice(0, 10);
  const job = JSON.parse(text);
  try {
    const run = jobs[job.class] ?? refuse(`NameError: uninitialized constant ${job.class}`);
    if (run.queue !== undefined && run.queue !== queue)
      refuse(`${job.class} belongs into the queue ${run.queue}`);
    const result = await run.run(at, ...job.args);
    await redis.ask(
      'RPUSH',
      'understudy:done',
      JSON.stringify({ class: job.class, jid: job.jid, queue, result }),
    );
  } catch (error) {
    log(`${job.class}: ${error.message}`);
    await redis.ask(
      'RPUSH',
      'understudy:failed',
      JSON.stringify({ class: job.class, jid: job.jid, queue, why: error.message }),
    );
    await redis.ask(
      'ZADD',
      'retry',
      Date.now() / 1_000 + 30,
      JSON.stringify({ ...job, queue, error_message: error.message }),
    );
    for (const key of ['stat:failed', `stat:failed:${day}`]) await redis.ask('INCR', key);
  }
  for (const key of ['stat:processed', `stat:processed:${day}`]) await redis.ask('INCR', key);
}
