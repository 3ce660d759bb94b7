import type { Readable } from 'node:stream';
import type { BackupName } from './names.ts';

/** A whole backup at its place. */
export interface StoredBackup extends BackupName {
  readonly sizeBytes: number;
}

/** A place for backups. All calls throw StepFailure with what the owner can do, if the place is the trouble. */
export interface BackupTarget {
  /** The whole backups of all devices that use the place, newest first. What was cut off is not among them. */
  readonly list: (signal: AbortSignal) => Promise<readonly StoredBackup[]>;
  /** Keeps what the stream gives. Only when all of it is safe there, the name is one of `list`. */
  readonly store: (name: string, source: Readable, signal: AbortSignal) => Promise<void>;
  readonly open: (name: string, signal: AbortSignal) => Promise<Readable>;
  readonly remove: (name: string, signal: AbortSignal) => Promise<void>;
  /** Removes what runs of this device left behind that were cut off. */
  readonly clean: (host: string, signal: AbortSignal) => Promise<void>;
  /** Throws if so many bytes have no room. A place that can't tell says nothing. */
  readonly refuseNoRoom: (neededBytes: number) => Promise<void>;
}

/** Newest first. */
export function newestFirst(one: BackupName, other: BackupName): number {
  return other.at.getTime() - one.at.getTime();
}
