import { describe, expect, it } from 'vitest';
import {
  decide,
  graceMs,
  type HotspotState,
  maxConnectingMs,
  open,
  patienceMs,
  retryKnownMs,
  type Sight,
  waiting,
} from '../../../../stages/90-first-boot/agent/hotspot/decide.ts';

const alone: Sight = {
  hasCard: true,
  hasCable: false,
  isConnected: false,
  isConnecting: false,
  isHotspotUp: false,
  hasGuest: false,
  knowsNetwork: false,
  isComplete: false,
  hasWish: false,
  hasView: false,
};
const up: Sight = { ...alone, isHotspotUp: true, hasView: true };

describe('without the hotspot', () => {
  it.each<[string, Partial<Sight>]>([
    ['there is no wireless card', { hasCard: false }],
    ['a cable is plugged in', { hasCable: true }],
    ['there is a network', { isConnected: true }],
  ])('it waits while %s, and has all its patience afterwards', (_what, seen) => {
    const later = decide(waiting(0), { ...alone, ...seen }, 10 * patienceMs);

    expect(later).toEqual({ state: waiting(10 * patienceMs), action: 'none' });
  });

  it('it begins when there was no network for 45 seconds, not before', () => {
    expect(decide(waiting(0), alone, 44_999).action).toBe('none');
    expect(decide(waiting(0), alone, 45_000)).toEqual({ state: open(45_000), action: 'open' });
  });

  it('it counts from the last try to join a network', () => {
    const trying = decide(waiting(0), { ...alone, isConnecting: true }, 40_000);

    expect(decide(trying.state, alone, 84_999).action).toBe('none');
    expect(decide(trying.state, alone, 85_000).action).toBe('open');
  });

  it('it does not wait for ever for a network that never lets it in', () => {
    const seen = { ...alone, isConnecting: true };

    expect(lookEvery(2_000, maxConnectingMs - 2_000, seen)).toEqual([]);
    expect(lookEvery(2_000, maxConnectingMs, seen)).toEqual(['open']);
  });

  it('it takes over its own hotspot after a crash, with everybody in it', () => {
    expect(decide(waiting(0), up, 1_000)).toEqual({ state: open(1_000), action: 'none' });
  });

  it.each<[string, Sight]>([
    ['nobody knows what its page should say', { ...up, hasView: false }],
    ['a cable was plugged in meanwhile', { ...up, hasCable: true }],
    ['the device is in a network', { ...up, isConnected: true }],
  ])('it closes one from before a crash when %s', (_what, seen) => {
    expect(decide(waiting(0), seen, 1_000)).toEqual({ state: waiting(1_000), action: 'close' });
  });
});

describe('with the hotspot', () => {
  it.each<[string, Partial<Sight>]>([
    ['a cable is plugged in', { hasCable: true }],
    ['another network is there', { isConnected: true }],
    ['the wireless card is pulled out', { hasCard: false }],
  ])('it ends when %s', (_what, seen) => {
    expect(decide(open(0), { ...up, hasGuest: true, ...seen }, 5_000)).toEqual({
      state: waiting(5_000),
      action: 'close',
    });
  });

  it('it stays for as long as nothing happens', () => {
    expect(lookEvery(2_000, 24 * 60 * 60_000, up, open(0))).toEqual([]);
  });

  it('it begins again when it has not been seen for some time, not at the first look', () => {
    const gone = { ...up, isHotspotUp: false };

    expect(decide(open(0), gone, graceMs - 1).action).toBe('none');
    expect(decide(open(0), gone, graceMs).action).toBe('open');
  });

  it('it makes room for a network that the device knows when nobody was in it for five minutes', () => {
    const seen = { ...up, knowsNetwork: true };
    const guest = decide(open(0), { ...seen, hasGuest: true }, 200_000);

    expect(decide(guest.state, seen, 200_000 + retryKnownMs - 1).action).toBe('none');
    expect(decide(guest.state, seen, 200_000 + retryKnownMs).action).toBe('close');
    expect(decide(open(0), { ...seen, hasGuest: true }, 10 * retryKnownMs).action).toBe('none');
  });
});

describe.each<[string, HotspotState]>([
  ['without the hotspot', waiting(0)],
  ['with the hotspot', open(0)],
])('in any case, %s', (_what, state) => {
  it('a wish is tried, also one from before a crash', () => {
    expect(decide(state, { ...up, hasWish: true }, 1_000)).toEqual({ state, action: 'join' });
  });

  it('it leaves when the device is set up, whatever else is there', () => {
    const seen = { ...up, hasWish: true, hasGuest: true, isComplete: true };

    expect(decide(state, seen, 1_000)).toEqual({ state: { name: 'over' }, action: 'leave' });
  });

  it('it never comes back after that', () => {
    expect(decide({ name: 'over' }, alone, 1e9).action).toBe('leave');
  });
});

/** The actions of many looks that see the same, up to a time. */
function lookEvery(
  stepMs: number,
  untilMs: number,
  seen: Sight,
  start: HotspotState = waiting(0),
): readonly string[] {
  const actions: string[] = [];
  let state = start;
  for (let nowMs = stepMs; nowMs <= untilMs; nowMs += stepMs) {
    const decision = decide(state, seen, nowMs);
    state = decision.state;
    if (decision.action !== 'none') actions.push(decision.action);
  }
  return actions;
}
