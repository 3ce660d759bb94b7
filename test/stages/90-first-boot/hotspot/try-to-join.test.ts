import { describe, expect, it } from 'vitest';
import type { JoinWish } from '../../../../stages/90-first-boot/agent/door/protocol.ts';
import type { JoinFailure } from '../../../../stages/90-first-boot/agent/hotspot/network.ts';
import {
  backWithinMs,
  reopenMs,
  tryToJoin,
} from '../../../../stages/90-first-boot/agent/hotspot/try-to-join.ts';
import { fakeClock, fakeNetwork, fakeWorld, type World } from './fake-network.ts';

const wish: JoinWish = {
  address: '',
  credential: '',
  country: 'DE',
  network: 'Attic',
  password: 'correct horse',
  evenWithoutInternet: false,
};

describe('tryToJoin', () => {
  it('stays in a network that works', async () => {
    const { outcome, calls } = await run({});

    expect(outcome.failure).toBeUndefined();
    expect(calls).toEqual(['close', 'prepare', 'scan', 'connect', 'hasInternet', 'keep']);
  });

  it.each<JoinFailure>(['wrongPassword', 'noAddress', 'other'])(
    'tells %s, and forgets the try',
    async (failure) => {
      const { outcome, calls } = await run({ joinResult: failure });

      expect(outcome.failure).toBe(failure);
      expect(calls).toEqual(['close', 'prepare', 'scan', 'connect', 'forget']);
    },
  );

  it('tells that there is no Internet behind it, and forgets the try', async () => {
    const { outcome, calls } = await run({ internet: false });

    expect(outcome.failure).toBe('noInternet');
    expect(calls).toEqual(['close', 'prepare', 'scan', 'connect', 'hasInternet', 'forget']);
  });

  it('stays without Internet when the owner wants that', async () => {
    const { outcome, calls } = await run({ internet: false }, { evenWithoutInternet: true });

    expect(outcome.failure).toBeUndefined();
    expect(calls).not.toContain('hasInternet');
  });

  it('takes "not found" of a network that was heard for a wrong password', async () => {
    expect((await run({ joinResult: 'notFound' })).outcome.failure).toBe('wrongPassword');
  });

  it.each<[JoinFailure, JoinFailure]>([
    ['notFound', 'notFound'],
    ['other', 'notFound'],
    ['wrongPassword', 'notFound'],
    ['noAddress', 'noAddress'],
  ])('of a network that was not heard, %s means %s', async (told, meant) => {
    const { outcome } = await run({ inRange: [], joinResult: told });

    expect(outcome.failure).toBe(meant);
  });

  it.each<[JoinFailure, JoinFailure]>([
    ['wrongPassword', 'wrongPassword'],
    ['noAddress', 'noAddress'],
    // It may have gone meanwhile.
    ['notFound', 'notFound'],
  ])('of a network that was heard a moment ago only, %s means %s', async (told, meant) => {
    const { inRange } = fakeWorld();
    const { outcome } = await run({ inRange: [], joinResult: told }, {}, inRange);

    expect(outcome.failure).toBe(meant);
  });

  it('goes by what was in range before when the look around takes too long', async () => {
    const clock = fakeClock();
    const network = fakeNetwork({ ...fakeWorld(), joinResult: 'notFound' }, clock);
    const before = [{ name: 'Attic', isSecured: true, strength: 50 }];
    const { failure } = await tryToJoin({ ...network, scan: async () => undefined }, wish, clock, before);

    expect(failure).toBe('wrongPassword');
  });

  it.each<[string, boolean, string]>([
    ['no password for a network with one', true, ''],
    ['a password for an open network', false, 'correct horse'],
  ])('does not even try with %s', async (_what, isSecured, password) => {
    const { outcome, calls } = await run(
      { inRange: [{ name: 'Attic', isSecured, strength: 50 }] },
      { password },
    );

    expect(outcome.failure).toBe('wrongPassword');
    expect(calls).not.toContain('connect');
  });

  it.each<[string, Partial<World>]>([
    ['the password is wrong', { joinResult: 'wrongPassword' }],
    ['it is not found', { joinResult: 'notFound', inRange: [] }],
    ['nobody gives an address', { joinResult: 'noAddress' }],
    ['there is no Internet', { internet: false }],
    ['something else is wrong', { joinResult: 'other' }],
  ])('leaves time to be back within 30 seconds when %s and all is slow', async (_what, changes) => {
    const { outcome, tookMs } = await run({ ...changes, isSlow: true });

    expect(outcome.failure).toBeDefined();
    expect(tookMs + reopenMs).toBeLessThanOrEqual(backWithinMs);
    expect(backWithinMs).toBeLessThan(30_000);
  });

  it('leaves a slow router ten seconds when the rest is quick', async () => {
    const limits: number[] = [];
    const clock = fakeClock();
    const network = fakeNetwork(fakeWorld(), clock);

    await tryToJoin(
      {
        ...network,
        connect: async (one, isHidden, limitMs) => {
          limits.push(limitMs);
          return network.connect(one, isHidden, limitMs);
        },
      },
      wish,
      clock,
    );

    expect(limits[0]).toBeGreaterThan(10_000);
  });
});

async function run(
  changes: Partial<World>,
  wishChanges: Partial<JoinWish> = {},
  before: World['inRange'] = [],
) {
  const clock = fakeClock();
  const world = { ...fakeWorld(), ...changes };
  const outcome = await tryToJoin(fakeNetwork(world, clock), { ...wish, ...wishChanges }, clock, before);
  return { outcome, calls: world.calls, tookMs: clock.nowMs() };
}
