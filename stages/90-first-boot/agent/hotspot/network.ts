import type { HotspotView, JoinWish } from '../door/protocol.ts';

export type ScannedNetwork = HotspotView['networks'][number];
export type JoinFailure = NonNullable<HotspotView['failure']>['reason'];

/** What is to be seen of the networks at one moment. */
export interface NetworkSight {
  /** There is a wireless network card. */
  readonly hasCard: boolean;
  /** A cable is plugged in, with a device at its other end. */
  readonly hasCable: boolean;
  /** A connection is there, the hotspot not counted. */
  readonly isConnected: boolean;
  /** A connection is being made, the hotspot not counted. */
  readonly isConnecting: boolean;
  /** The hotspot is there or being made. */
  readonly isHotspotUp: boolean;
  /** A phone or computer is in the hotspot, or was a moment ago. */
  readonly hasGuest: boolean;
  /** There is a wireless network that the device knows and could come back to. */
  readonly knowsNetwork: boolean;
}

/**
 * What the hotspot needs of the network. No function throws, and none takes longer than its time limit. All times are in
 * milliseconds.
 */
export interface Network {
  readonly look: () => Promise<NetworkSight>;
  /** Lets the radio be switched on. Without a country the one that is set stays. */
  readonly prepare: (limitMs: number, country?: string) => Promise<void>;
  /** The networks in range, strongest first. Only while the hotspot is off. Undefined: not heard to the end in that time. */
  readonly scan: (limitMs: number) => Promise<readonly ScannedNetwork[] | undefined>;
  /** Starts the hotspot. False: that can't work now. */
  readonly open: (limitMs: number) => Promise<boolean>;
  readonly close: (limitMs: number) => Promise<void>;
  /** Joins a network for a try: after a restart it is not used. */
  readonly connect: (
    wish: JoinWish,
    isHidden: boolean,
    limitMs: number,
  ) => Promise<'connected' | JoinFailure>;
  readonly hasInternet: (limitMs: number) => Promise<boolean>;
  /** Makes the try last, without leaving the network. It is on the disk when this returns. */
  readonly keep: (wish: JoinWish, isHidden: boolean) => Promise<void>;
  /** Undoes a try, also one that was left behind; a network that was known before is known again. */
  readonly forget: (limitMs: number) => Promise<void>;
}
