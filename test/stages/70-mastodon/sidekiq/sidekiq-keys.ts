import type { Keys } from './valkey-server.ts';

export const nowMs = Date.UTC(2026, 10, 23, 12, 0, 0);
export const allQueues = ['default', 'push', 'ingress', 'mailers', 'pull', 'scheduler', 'fasp'];

/** What a Sidekiq process with these queues writes about itself, `secondsAgo` before `atMs`. */
export function processHash(queues: readonly string[], secondsAgo = 3, atMs = nowMs) {
  return {
    info: JSON.stringify({ hostname: 'sidekiq-all', pid: 1, concurrency: 10, queues, version: '8.1.0' }),
    busy: '2',
    beat: `${atMs / 1_000 - secondsAgo}`,
    quiet: 'false',
    rss: '400000',
  };
}

/** A healthy Sidekiq at this time. */
export function healthyKeys(atMs = nowMs): Keys {
  return {
    sets: { queues: ['default', 'push'], processes: ['sidekiq-all:1:abc'] },
    hashes: { 'sidekiq-all:1:abc': processHash([...allQueues, 'default'], 3, atMs) },
    lists: {},
    scores: {},
  };
}

/** A job that was put in a queue this long ago, as Sidekiq 8 writes it. */
export function job(secondsAgo: number, atMs = nowMs): string {
  return JSON.stringify({ class: 'FeedWorker', jid: 'ab', enqueued_at: atMs - secondsAgo * 1_000 });
}
