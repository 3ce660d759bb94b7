import { describe, expect, test } from 'vitest';
import { readQueues } from '../../../../stages/70-mastodon/setup/sidekiq/queues.ts';
import { allQueues, healthyKeys, job, nowMs, processHash } from './sidekiq-keys.ts';
import { type Keys, valkeyServer } from './valkey-server.ts';

const password = 'secret';

describe('the queues of Sidekiq', () => {
  test('are all there and empty on a quiet server', async () => {
    const state = await read(healthyKeys());
    expect(state.queues).toEqual(allQueues.map((name) => ({ name, size: 0, latencySeconds: 0 })));
    expect(state.unserved).toEqual([]);
    expect(state.processes).toEqual([
      { identity: 'sidekiq-all:1:abc', queues: allQueues, concurrency: 10, busy: 2, isQuiet: false },
    ]);
  });

  test('tell how long their oldest job waits, in milliseconds as Sidekiq 8 or in seconds as before', async () => {
    const { queues } = await read({
      ...healthyKeys(),
      lists: {
        'queue:push': [job(1), job(2), job(90)],
        'queue:pull': [JSON.stringify({ enqueued_at: nowMs / 1_000 - 30.5 })],
        'queue:fasp': ['no JSON'],
      },
    });
    const of = (name: string) => queues.find((queue) => queue.name === name);
    expect(of('push')).toEqual({ name: 'push', size: 3, latencySeconds: 90 });
    expect(of('pull')).toEqual({ name: 'pull', size: 1, latencySeconds: 30.5 });
    expect(of('fasp')).toEqual({ name: 'fasp', size: 1, latencySeconds: 0 });
  });

  test('are shown also when Mastodon does not know them any more', async () => {
    const { queues } = await read({ sets: { queues: ['old'] }, lists: { 'queue:old': [job(5)] } });
    expect(queues.at(-1)).toEqual({ name: 'old', size: 1, latencySeconds: 5 });
  });

  test('are not served by a process that is silent, gone or quiet', async () => {
    const { processes, unserved } = await read({
      sets: { processes: ['a', 'b', 'c', 'd'] },
      hashes: {
        a: processHash(['default']),
        b: processHash(['push'], 61),
        d: { ...processHash(['pull']), quiet: 'true' },
      },
    });
    expect(processes.map(({ identity }) => identity)).toEqual(['a', 'd']);
    expect(unserved).toEqual(['push', 'ingress', 'mailers', 'pull', 'scheduler', 'fasp']);
  });

  test('count what is for later, tried again and given up', async () => {
    const nowSeconds = nowMs / 1_000;
    const state = await read({
      ...healthyKeys(),
      scores: {
        schedule: [1],
        retry: [1, 2],
        dead: [nowSeconds - 100, nowSeconds - 86_401, 5],
      },
      texts: { 'stat:processed:2026-11-23': '1200', 'stat:failed:2026-11-23': '7' },
    });
    expect(state).toMatchObject({
      ...{ scheduled: 1, retries: 2, dead: 3, deadLastDay: 1, doneToday: 1200, failedToday: 7 },
    });
  });
});

async function read(keys: Keys) {
  const { port } = await valkeyServer(password, keys);
  return await readQueues({ port, password }, nowMs);
}
