import { statfsSync } from 'node:fs';
import type { LookupFunction } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { type Clock, realClock } from '../hotspot/clock.ts';

/** What the world outside is like; tests have their own. */
export interface FetchWorld {
  readonly clock: Clock;
  /** How long nothing new may come in before it is given up. */
  readonly patienceMs: number;
  /** Between two rounds of tries; the last one for all further ones. */
  readonly pausesMs: readonly [number, ...number[]];
  /** A connection that is silent for so long is broken. */
  readonly idleMs: number;
  /** After how many bytes the partial file is brought to the disk. */
  readonly syncBytes: number;
  /** Bytes that are free where this folder is. */
  readonly freeBytes: (folder: string) => number;
  /** True if the device has an address that leads out of it. */
  readonly isConnected: () => boolean;
  readonly ca?: string;
  readonly lookup?: LookupFunction;
}

export const realWorld: FetchWorld = {
  clock: realClock,
  patienceMs: 4 * 60_000,
  pausesMs: [1_000, 2_000, 4_000, 8_000, 15_000],
  // Longer than three name servers take to say nothing.
  idleMs: 40_000,
  // A sync costs a card more wear than the bytes; a cut costs at most so many of them.
  syncBytes: 8 * 1024 * 1024,
  freeBytes: (folder) => {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  },
  isConnected: () => Object.values(networkInterfaces()).some((addresses) => addresses?.some(leadsOut)),
};

/** Addresses that a device gives itself lead nowhere. */
function leadsOut({ internal, address }: NetworkInterfaceInfo): boolean {
  return !internal && !/^(fe80:|169\.254\.)/i.test(address);
}
