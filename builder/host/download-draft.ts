import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HearthError } from '../errors/hearth-error.ts';
import { messageOf } from '../errors/message-of.ts';
import { formatSize } from '../text/size.ts';
import { publish, temporaryName } from './workspace.ts';

/** What a draft has to become. */
export interface DraftTarget {
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly label: string;
}

/**
 * The file while it comes in, under a temporary name; hashed on the way. It is made at the first byte. All failures of the
 * disk are HearthErrors.
 */
export class Draft {
  readonly target: DraftTarget;
  readonly #path: string;
  readonly #onBytes: (count: number) => void;
  #handle: FileHandle | undefined;
  #hash: Hash = createHash('sha256');
  #receivedBytes = 0;
  #isPublished = false;

  /** `onBytes` gets what was added; negative when the draft begins anew. */
  constructor(target: DraftTarget, onBytes: (count: number) => void) {
    this.target = target;
    this.#path = temporaryName(target.file);
    this.#onBytes = onBytes;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Of all bytes so far, in hex. */
  get sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  async append(chunk: Uint8Array): Promise<void> {
    this.#hash.update(chunk);
    await this.#withDisk(async () => {
      const handle = await this.#open();
      let writtenBytes = 0;
      while (writtenBytes < chunk.length) {
        const rest = chunk.length - writtenBytes;
        const result = await handle.write(chunk, writtenBytes, rest, this.#receivedBytes + writtenBytes);
        writtenBytes += result.bytesWritten;
      }
    });
    this.#receivedBytes += chunk.length;
    this.#onBytes(chunk.length);
  }

  /** Forgets all bytes. */
  async restart(): Promise<void> {
    await this.#withDisk(async () => await this.#handle?.truncate(0));
    this.#hash = createHash('sha256');
    if (this.#receivedBytes > 0) this.#onBytes(-this.#receivedBytes);
    this.#receivedBytes = 0;
  }

  /** Syncs the file and gives it its name. */
  async publish(): Promise<void> {
    await this.#withDisk(async () => {
      const handle = await this.#open();
      await handle.sync();
      await this.#close();
      await publish(this.#path, this.target.file);
      this.#isPublished = true;
    });
  }

  /** Removes what has not been published; never fails. */
  async discard(): Promise<void> {
    if (this.#isPublished) return;
    await this.#close().catch(() => {});
    await rm(this.#path, { force: true }).catch(() => {});
    if (this.#receivedBytes > 0) this.#onBytes(-this.#receivedBytes);
    this.#receivedBytes = 0;
  }

  async #open(): Promise<FileHandle> {
    if (!this.#handle) {
      await mkdir(dirname(this.#path), { recursive: true });
      this.#handle = await open(this.#path, 'wx', 0o644);
    }
    return this.#handle;
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #withDisk(job: () => Promise<void>): Promise<void> {
    try {
      await job();
    } catch (error) {
      throw diskFailure(this.target, error);
    }
  }
}

function diskFailure(target: DraftTarget, error: unknown): HearthError {
  const folder = dirname(target.file);
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new HearthError('ERR_DISK_FULL', {
      what: `There is no room for ${target.label} in ${folder}.`,
      why: `The file has ${formatSize(target.sizeBytes)}, and the disk or the quota is full.`,
      state: 'Files that were fetched completely are kept; this one was removed.',
      todo: `Free some room there (\`df -h ${folder}\` shows it), then run the same command again.`,
      cause: error,
    });
  }
  return new HearthError('ERR_DOWNLOAD', {
    what: `${target.label} could not be written to ${folder}.`,
    why: messageOf(error),
    state: 'Files that were fetched completely are kept.',
    todo: `Make ${folder} a folder that you may write to.`,
    cause: error,
  });
}
