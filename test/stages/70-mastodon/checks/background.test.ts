import { describe, expect, test } from 'vitest';
import { allQueues, healthyKeys, job, nowMs, processHash } from '../sidekiq/sidekiq-keys.ts';
import { type Keys, valkeyServer } from '../sidekiq/valkey-server.ts';
import { scenery, services } from './checks-device.ts';

describe('the check of the work in the background', () => {
  const id = 'mastodon.queues';
  const noon = nowMs;

  test('is content when all seven queues are served', async () => {
    expect(await lookAt(healthyKeys())).toMatchObject({
      state: 'good',
      says: expect.stringContaining('All seven'),
    });
  });

  const keys = healthyKeys();
  const failed = { 'stat:processed:2026-11-23': '200', 'stat:failed:2026-11-23': '150' };
  const dead = Array.from({ length: 21 }, () => noon / 1_000 - 5);
  test.each<[string, Keys, string, string]>([
    ['nobody works', { ...keys, hashes: {} }, 'bad', 'Nobody does the work'],
    [
      'fasp has no listener',
      { ...keys, hashes: { 'sidekiq-all:1:abc': processHash(allQueues.slice(0, 6)) } },
      'bad',
      'on these queues: fasp.',
    ],
    ['push is behind', { ...keys, lists: { 'queue:push': [job(61)] } }, 'warning', 'push is behind: 1 jobs'],
    ['pull takes its time', { ...keys, lists: { 'queue:pull': [job(3_000)] } }, 'good', 'wait: 1,'],
    ['pull is stuck', { ...keys, lists: { 'queue:pull': [job(3_700)] } }, 'warning', 'pull is behind'],
    ['many were given up', { ...keys, scores: { dead } }, 'warning', '21 jobs were given up'],
    ['many fail', { ...keys, texts: failed }, 'warning', '150 of 200'],
    [
      'many are tried again',
      { ...keys, scores: { retry: Array.from({ length: 2_001 }, () => 1) } },
      'warning',
      '2001 jobs failed',
    ],
  ])('tells when %s', async (_name, held, state, words) => {
    expect(await lookAt(held)).toMatchObject({ state, says: expect.stringContaining(words) });
  });

  test('tells a wrong password and a store that does not answer', async () => {
    expect(await lookAt(keys, 'another')).toMatchObject({
      state: 'bad',
      says: expect.stringContaining('password'),
    });
    const { look } = await scenery();
    expect(await look(id)).toMatchObject({ state: 'bad', says: expect.stringContaining('does not answer') });
  });

  async function lookAt(held: Keys, password = 'secret') {
    const { port } = await valkeyServer(password, held);
    const { device, internet, look } = await scenery();
    internet.nowMs = noon;
    device.put('/var/lib/hearth/data.json', services({ valkey: port }));
    return await look(id);
  }
});

describe('the check of the relays', () => {
  const id = 'mastodon.relays';
  const relay = (name: string, state: number) => ({ inbox_url: `https://${name}.example/inbox`, state });

  test.each([
    [[], 'good', 'No relay'],
    [[relay('one', 2), relay('two', 2)], 'good', 'one.example, two.example'],
    [[relay('one', 0)], 'good', 'No relay'],
    [[relay('one', 2), relay('two', 1)], 'warning', 'not answered yet: two.example'],
    [[relay('one', 3), relay('two', 1)], 'warning', 'refused this server: one.example'],
  ])('judges %j as %s', async (relays, state, words) => {
    const result = await lookAt({ stdout: `${JSON.stringify(relays)}\n` });
    expect(result).toMatchObject({ state, says: expect.stringContaining(words) });
  });

  test.each([{ exitCode: 2, stderr: 'connection refused' }, { stdout: 'nonsense' }])(
    'tells a database that gives no answer: %o',
    async (answer) => {
      expect(await lookAt(answer)).toMatchObject({
        state: 'bad',
        says: expect.stringContaining('could not be asked'),
      });
    },
  );

  test('asks with no password and changes nothing', async () => {
    const { device, look } = await scenery();
    await look(id);
    const [call] = device.calls;
    expect(call?.program).toBe('/usr/lib/postgresql/17/bin/psql');
    expect(call?.args).toContain('--no-password');
    expect(call?.args.at(-1)).toMatch(/^--command=SELECT .* FROM relays ORDER BY id\) AS relay$/);
  });

  async function lookAt(answer: object) {
    const { device, look } = await scenery();
    device.programs['/usr/lib/postgresql/17/bin/psql'] = () => answer;
    return await look(id);
  }
});
