import { type ValkeyOptions, type ValkeyReply, withValkey } from './valkey.ts';

/** The seven queues of Mastodon 4.4 to 4.7, in the order of their weight. */
export const mastodonQueues = ['default', 'push', 'ingress', 'mailers', 'pull', 'scheduler', 'fasp'] as const;

export interface QueueState {
  readonly name: string;
  /** Jobs that wait. */
  readonly size: number;
  /** How long the oldest of them has waited; 0 when none waits. */
  readonly latencySeconds: number;
}

/** A Sidekiq process that gave a sign of life within the last minute. */
export interface SidekiqProcess {
  /** `HOSTNAME:PID:RANDOM`; the host name is the pod's. */
  readonly identity: string;
  /** The queues it listens to, each once. */
  readonly queues: readonly string[];
  readonly concurrency: number;
  readonly busy: number;
  /** It ends the work in hand and takes no new. */
  readonly isQuiet: boolean;
}

export interface QueuesState {
  /** The seven of Mastodon, and any other there is. */
  readonly queues: readonly QueueState[];
  readonly processes: readonly SidekiqProcess[];
  /** Queues of the seven that no process listens to. */
  readonly unserved: readonly string[];
  /** Jobs for later. */
  readonly scheduled: number;
  /** Jobs that failed and are tried again. */
  readonly retries: number;
  /** Jobs that were given up. */
  readonly dead: number;
  /** Of these, in the last 24 hours. */
  readonly deadLastDay: number;
  /** Jobs since midnight UTC, and how many tries of them failed. */
  readonly doneToday: number;
  readonly failedToday: number;
}

const dayMs = 86_400_000;
/** Sidekiq writes its sign of life every ten seconds and lets it expire after sixty. */
const silentMs = 60_000;

/** Reads from Valkey how the queues of Sidekiq are. Changes nothing. Throws ValkeyFailure or ValkeyError. */
export async function readQueues(valkey: ValkeyOptions, nowMs = Date.now()): Promise<QueuesState> {
  return await withValkey(valkey, async ({ ask }) => {
    const count = async (...words: string[]) => Number((await ask(...words)) ?? 0);
    const known = texts(await ask('SMEMBERS', 'queues'));
    const names = [...new Set<string>([...mastodonQueues, ...known])];
    const today = new Date(nowMs).toISOString().slice(0, 10);
    const since = `${(nowMs - dayMs) / 1_000}`;
    const [queues, processes, ...numbers] = await Promise.all([
      Promise.all(names.map(async (name) => await readQueue(ask, name, nowMs))),
      readProcesses(ask, nowMs),
      count('ZCARD', 'schedule'),
      count('ZCARD', 'retry'),
      count('ZCARD', 'dead'),
      count('ZCOUNT', 'dead', since, '+inf'),
      count('GET', `stat:processed:${today}`),
      count('GET', `stat:failed:${today}`),
    ]);
    const [scheduled, retries, dead, deadLastDay, doneToday, failedToday] = numbers;
    const served = new Set(processes.filter(({ isQuiet }) => !isQuiet).flatMap((one) => one.queues));
    const unserved = mastodonQueues.filter((name) => !served.has(name));
    return { queues, processes, unserved, scheduled, retries, dead, deadLastDay, doneToday, failedToday };
  });
}

type Ask = (...words: readonly string[]) => Promise<ValkeyReply>;

async function readQueue(ask: Ask, name: string, nowMs: number): Promise<QueueState> {
  const key = `queue:${name}`;
  const [size, oldest] = await Promise.all([ask('LLEN', key), ask('LRANGE', key, '-1', '-1')]);
  const [job = ''] = texts(oldest);
  const since = numberOf(objectOf(job)['enqueued_at']);
  const latencySeconds = since === 0 ? 0 : Math.max(0, (nowMs - milliseconds(since)) / 1_000);
  return { name, size: Number(size), latencySeconds };
}

async function readProcesses(ask: Ask, nowMs: number): Promise<readonly SidekiqProcess[]> {
  const identities = texts(await ask('SMEMBERS', 'processes')).sort();
  const found = await Promise.all(
    identities.map(async (identity) => {
      const fields = await ask('HMGET', identity, 'info', 'busy', 'beat', 'quiet');
      const [info, busy, beat, quiet] = Array.isArray(fields) ? fields : [];
      // Whoever ended without a word stays in the list, but what it said of itself expires.
      if (typeof info !== 'string' || nowMs - milliseconds(Number(beat)) > silentMs) return [];
      const { queues, concurrency } = objectOf(info);
      const names = Array.isArray(queues) ? queues.filter((one) => typeof one === 'string') : [];
      const isQuiet = quiet === 'true';
      return [
        {
          identity,
          queues: [...new Set(names)],
          concurrency: numberOf(concurrency),
          busy: Number(busy ?? 0),
          isQuiet,
        },
      ];
    }),
  );
  return found.flat();
}

/** Sidekiq 8 writes whole milliseconds where earlier ones wrote seconds with a fraction. */
function milliseconds(time: number): number {
  return time > 100_000_000_000 ? time : time * 1_000;
}

function texts(reply: ValkeyReply): string[] {
  return Array.isArray(reply) ? reply.filter((one) => typeof one === 'string') : [];
}

function objectOf(text: string): Partial<Record<string, unknown>> {
  try {
    return { ...(JSON.parse(text) as object | null) };
  } catch {
    return {};
  }
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
