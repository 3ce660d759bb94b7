import type { DeviceArtifact } from '../provision/device-artifact.ts';
import type { Values } from '../setup/define.ts';
import type { LocalText } from '../text/local-text.ts';

export { openBucket } from '../object-store/client.ts';
export { ObjectStoreFailure, type ObjectStoreReason } from '../object-store/failure.ts';
export type { BucketAddress } from '../object-store/signed-request.ts';
export { sha256Of } from '../provision/sha256.ts';
export { AskFailure, ask, type Reply } from './ask.ts';
export { isFolderOfGroup } from './group-folder.ts';

export interface RunOptions {
  /** Text for the program's standard input: the only way for a secret, arguments are seen by every user. */
  readonly input?: string;
  /** Default 180 000: a slow card makes everything slow. */
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunResult {
  /** -1: it could not be started, or was ended by a signal or the time limit. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How stages look at the device. Every path is one of the device's; a test has another root. */
export interface DeviceLook {
  /** The place of a path of the device (`/etc/hostname`) for Node's own functions. */
  readonly path: (path: string) => string;
  /** The text of a file; undefined if it is not there. */
  readonly read: (path: string) => string | undefined;
  /** Runs a program of the device (`nmcli`, `/usr/sbin/useradd`), without a shell. Never throws. */
  readonly run: (program: string, args?: readonly string[], options?: RunOptions) => Promise<RunResult>;
}

/** What a step has in hand. */
export interface StepTask extends DeviceLook {
  /** The answers to a topic that the step `uses`; undefined if it was skipped. */
  readonly answers: (topic: string) => Values | undefined;
  /** An artifact that the step `needs`: where it lies, or from which repository it comes. */
  readonly artifact: (name: string) => DeviceArtifact;
  /** Writes a file whole and durably (temporary name, sync, rename); makes the folders above it. Mode like 0o644. */
  readonly write: (path: string, text: string, mode: number) => void;
  /** Removes a file or folder, if it is there. */
  readonly remove: (path: string) => void;
  /** Like `run`, but throws a StepFailure that has the program's last words when it does not end with 0. */
  readonly must: (program: string, args?: readonly string[], options?: RunOptions) => Promise<RunResult>;
  /** Tells how far the step is, 0 to 1. Numbers that go back are not shown. */
  readonly progress: (fraction: number, note?: LocalText) => void;
  /** One line for the log. Secrets of the answers are blackened by the engine. */
  readonly log: (line: string) => void;
  /** Aborted when the device is being shut down. */
  readonly signal: AbortSignal;
}

/** What a command or another piece of work outside of the setup's steps has in hand. `log` gets nothing that is secret. */
export type DeviceTask = Omit<StepTask, 'answers' | 'artifact' | 'progress'>;

/** A step that could not do its work: why, and what the owner can do. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
  readonly why: LocalText;
  readonly todo: LocalText | undefined;

  constructor(why: LocalText, todo?: LocalText) {
    super(typeof why === 'string' ? why : why.en);
    this.why = why;
    this.todo = todo;
  }
}
