import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { profileOf, queueArguments } from '../../../../stages/70-mastodon/setup/manifests/profile.ts';
import { assertQueuesAreServed } from '../../../../stages/70-mastodon/setup/manifests/queues.ts';
import { mastodonQueues } from '../../../../stages/70-mastodon/setup/sidekiq/queues.ts';

/** What boards of 2, 4, 8 and 16 GB report. */
const boards = [1_850, 3_790, 7_930, 16_200];

describe('profiles', () => {
  it('fit the boards', () => {
    expect(boards.map((memoryMebibytes) => profileOf({ memoryMebibytes }).name)).toEqual([
      'tiny',
      'small',
      'medium',
      'large',
    ]);
    expect(boards.map((memoryMebibytes) => profileOf({ memoryMebibytes }).sidekiq.length)).toEqual([
      1, 1, 3, 7,
    ]);
  });

  it.each(boards)('serve each of the seven queues once, with %i MiB', (memoryMebibytes) => {
    const served = profileOf({ memoryMebibytes }).sidekiq.flatMap(({ queues }) => queues);

    expect([...served].sort()).toEqual([...mastodonQueues].sort());
  });

  it.each(boards)('leave room for the services of the device, with %i MiB', (memoryMebibytes) => {
    const { web, streaming, sidekiq, job } = profileOf({ memoryMebibytes });
    const shares = [web.memory, streaming.memory, job, ...sidekiq.map((worker) => worker.memory)];
    const requested = shares.reduce((sum, { requestMebibytes }) => sum + requestMebibytes, 0);

    // The kubelet keeps 400 MiB for the system and 100 to act in; CoreDNS has 70. PostgreSQL and the rest need a quarter.
    expect(requested).toBeLessThan((memoryMebibytes - 570) * 0.76);
    for (const { requestMebibytes, limitMebibytes } of shares) {
      expect(limitMebibytes).toBeGreaterThan(requestMebibytes);
    }
  });

  it('can have another split of the queues', () => {
    const count = (profile: 'one' | 'three' | 'seven') =>
      profileOf({ memoryMebibytes: 1_850, profile }).sidekiq.length;

    expect([count('one'), count('three'), count('seven')]).toEqual([1, 3, 7]);
    expect(profileOf({ memoryMebibytes: 1_850, profile: 'seven' }).web.workers).toBe(0);
  });

  it('are what docs/mastodon.md says of them', () => {
    const page = readFileSync(path.resolve(import.meta.dirname, '../../../../docs/mastodon.md'), 'utf8');

    for (const [index, memoryMebibytes] of boards.entries()) {
      const { web, streaming, sidekiq, job } = profileOf({ memoryMebibytes });
      const sum = (key: 'requestMebibytes' | 'limitMebibytes') =>
        sidekiq.reduce((total, { memory }) => total + memory[key], 0);
      const range = ({ requestMebibytes, limitMebibytes }: typeof job) =>
        `${requestMebibytes} to ${limitMebibytes}`;
      const all = { requestMebibytes: sum('requestMebibytes'), limitMebibytes: sum('limitMebibytes') };
      const reserved = [web.memory, streaming.memory, all, job].reduce(
        (total, one) => total + one.requestMebibytes,
        0,
      );
      expect(page).toContain(
        `| ${[2, 4, 8, 16][index]} GB | ${[web.memory, streaming.memory, all, job].map(range).join(' | ')} | ${reserved} |`,
      );
    }
  });

  it('weigh queues that share a process, and only these', () => {
    const [all] = profileOf({ memoryMebibytes: 3_790 }).sidekiq;
    const [, ingress] = profileOf({ memoryMebibytes: 7_930 }).sidekiq;
    if (all === undefined || ingress === undefined) throw new Error('no process');

    expect(queueArguments(all).join(' ')).toBe(
      '-q default,8 -q push,6 -q ingress,4 -q mailers,2 -q pull,1 -q scheduler,1 -q fasp,1',
    );
    expect(queueArguments(ingress)).toEqual(['-q', 'ingress']);
  });
});

describe('assertQueuesAreServed', () => {
  const all = { name: 'all', queues: [...mastodonQueues] };

  it('takes one process for all', () => {
    expect(() => assertQueuesAreServed([all])).not.toThrow();
  });

  it.each([
    [
      'fasp has no listener',
      [{ ...all, queues: all.queues.filter((queue) => queue !== 'fasp') }],
      /listens to: fasp/,
    ],
    ['the scheduler has two listeners', [all, { name: 'more', queues: ['scheduler'] }], /more than one/],
    ['the scheduler is named twice', [{ ...all, queues: [...all.queues, 'scheduler'] }], /more than one/],
    ['a queue does not exist', [{ ...all, queues: [...all.queues, 'pushh'] }], /no queue pushh/],
    ['two have the same name', [all, { name: 'all', queues: ['push'] }], /same name/],
  ])('throws when %s', (_why, listeners, message) => {
    expect(() => assertQueuesAreServed(listeners)).toThrow(message);
  });
});
