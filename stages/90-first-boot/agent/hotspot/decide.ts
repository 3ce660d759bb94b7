import type { NetworkSight } from './network.ts';

/** `waiting`: the hotspot is off. `open`: it is on. */
export type HotspotState =
  | {
      readonly name: 'waiting';
      /** Since when there is no network. */
      readonly sinceMs: number;
      /** Since when none is being joined either. */
      readonly quietMs: number;
    }
  | {
      readonly name: 'open';
      /** When somebody was in it last, or it began. */
      readonly guestMs: number;
      /** When it was seen working last, or it began. */
      readonly upMs: number;
    }
  | { readonly name: 'over' };

export interface Sight extends NetworkSight {
  /** The device is set up. */
  readonly isComplete: boolean;
  /** The owner has named a network to join. */
  readonly hasWish: boolean;
  /** What the page of the hotspot needs is there. */
  readonly hasView: boolean;
}

/** `leave`: close for good. */
export type HotspotAction = 'none' | 'open' | 'close' | 'join' | 'leave';

export interface Decision {
  /** The state after the action, if that works. */
  readonly state: HotspotState;
  readonly action: HotspotAction;
}

/** How long the device looks for a network before the hotspot begins. */
export const patienceMs = 45_000;
/** So long it may go on trying to join one, again and again. */
export const maxConnectingMs = 180_000;
/** A hotspot that is not seen working for this long is started again. */
export const graceMs = 15_000;
/** With nobody in the hotspot, the device leaves it for a known network this often: its router may be back. */
export const retryKnownMs = 5 * 60_000;

/** What to do now: only what is seen and the time decide. */
export function decide(state: HotspotState, sight: Sight, nowMs: number): Decision {
  if (state.name === 'over' || sight.isComplete) return { state: { name: 'over' }, action: 'leave' };
  // Also after a crash in the middle of a try: the wish is still there.
  if (sight.hasWish) return { state, action: 'join' };
  return state.name === 'open' ? decideOpen(state, sight, nowMs) : decideWaiting(state, sight, nowMs);
}

/** The hotspot off, with all the patience again. */
export function waiting(nowMs: number): HotspotState {
  return { name: 'waiting', sinceMs: nowMs, quietMs: nowMs };
}

/** The hotspot on, from now. */
export function open(nowMs: number): HotspotState {
  return { name: 'open', guestMs: nowMs, upMs: nowMs };
}

function decideWaiting(
  state: Extract<HotspotState, { name: 'waiting' }>,
  sight: Sight,
  nowMs: number,
): Decision {
  // After a crash the hotspot is still there: whoever is in it stays in it.
  if (sight.isHotspotUp)
    return sight.hasView && canBeOpen(sight)
      ? { state: open(nowMs), action: 'none' }
      : { state: waiting(nowMs), action: 'close' };
  if (!canBeOpen(sight)) return { state: waiting(nowMs), action: 'none' };
  const quietMs = sight.isConnecting ? nowMs : state.quietMs;
  return nowMs - quietMs >= patienceMs || nowMs - state.sinceMs >= maxConnectingMs
    ? { state: open(nowMs), action: 'open' }
    : { state: { ...state, quietMs }, action: 'none' };
}

function decideOpen(state: Extract<HotspotState, { name: 'open' }>, sight: Sight, nowMs: number): Decision {
  const guestMs = sight.hasGuest ? nowMs : state.guestMs;
  const upMs = sight.isHotspotUp ? nowMs : state.upMs;
  if (!canBeOpen(sight)) return { state: waiting(nowMs), action: 'close' };
  if (nowMs - upMs >= graceMs) return { state: open(nowMs), action: 'open' };
  if (sight.knowsNetwork && nowMs - guestMs >= retryKnownMs)
    return { state: waiting(nowMs), action: 'close' };
  return { state: { name: 'open', guestMs, upMs }, action: 'none' };
}

function canBeOpen(sight: Sight): boolean {
  return sight.hasCard && !sight.hasCable && !sight.isConnected;
}
