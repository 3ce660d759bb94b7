import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskFailure } from './download-disk.ts';
import type { Beginning, DraftShelf, DraftSource, TakenDraft } from './download-shelf.ts';
import { publish, temporaryName } from './workspace.ts';

/** What a draft has to become. */
export interface DraftTarget {
  readonly file: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
  readonly label: string;
  /** Keeps an unfinished file for the next run; without one it is removed. */
  readonly shelf?: DraftShelf;
}

/**
 * Gets what was added; negative when the draft begins anew. `kept` bytes are of an earlier run, `received` ones came in
 * just now.
 */
export type OnBytes = (count: number, kind: 'received' | 'kept') => void;

/** After so much or so long, what came in is synced: a power cut costs no more than that. */
const noteEveryBytes = 16 * 1024 ** 2;
const noteEveryMs = 5000;

/**
 * The file while it comes in, under a temporary name; hashed on the way. It is made at the first byte. All failures of the
 * disk are HearthErrors.
 */
export class Draft {
  readonly target: DraftTarget;
  readonly #onBytes: OnBytes;
  #path: string;
  #taken: TakenDraft | undefined;
  #source: DraftSource | undefined;
  #handle: FileHandle | undefined;
  #hash: Hash = createHash('sha256');
  #receivedBytes = 0;
  #noted = { sizeBytes: 0, atMs: performance.now() };
  #isPublished = false;
  #isBroken = false;

  constructor(target: DraftTarget, onBytes: OnBytes) {
    this.target = target;
    this.#path = temporaryName(target.file);
    this.#onBytes = onBytes;
  }

  /** How much is there, from this run and earlier ones. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Where the bytes that are there came from. */
  get source(): DraftSource | undefined {
    return this.#source;
  }

  /** Of all bytes so far, in hex. */
  get sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Takes over what an earlier run left on the shelf. True if that is the whole file already. */
  async begin(): Promise<boolean> {
    const { shelf } = this.target;
    if (!shelf) return false;
    await this.#withDisk(async () => {
      this.#taken = await shelf.take();
      this.#path = this.#taken.path;
      if (this.#taken.beginning) await this.#takeOver(this.#taken.beginning);
    });
    if (this.#receivedBytes === 0 || this.#receivedBytes < this.target.sizeBytes) return false;
    if (this.sha256 === this.target.sha256.toLowerCase()) return true;
    await this.restart();
    return false;
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
    this.#onBytes(chunk.length, 'received');
    if (this.#taken && this.#isNoteDue()) await this.#withDisk(async () => await this.#note());
  }

  /** Forgets all bytes; the next ones will come from `source`. */
  async restart(source?: DraftSource): Promise<void> {
    await this.#withDisk(async () => await this.#handle?.truncate(0));
    this.#hash = createHash('sha256');
    if (this.#receivedBytes > 0) this.#onBytes(-this.#receivedBytes, 'kept');
    this.#receivedBytes = 0;
    this.#noted = { sizeBytes: 0, atMs: performance.now() };
    this.#source = source;
  }

  /** Syncs the file and gives it its name. */
  async publish(): Promise<void> {
    await this.#withDisk(async () => {
      const handle = await this.#open();
      await handle.sync();
      await this.#close();
      await mkdir(dirname(this.target.file), { recursive: true });
      await publish(this.#path, this.target.file);
      this.#isPublished = true;
    });
    await this.#taken?.remove().catch(() => {});
  }

  /** Puts what has not been published back on its shelf if it can be gone on with, else removes it; never fails. */
  async discard(): Promise<void> {
    if (this.#isPublished) return;
    const isKept = await this.#putBack().catch(() => false);
    await this.#close().catch(() => {});
    if (!isKept) await (this.#taken?.remove() ?? rm(this.#path, { force: true })).catch(() => {});
    if (this.#receivedBytes > 0) this.#onBytes(-this.#receivedBytes, 'kept');
    this.#receivedBytes = 0;
  }

  async #putBack(): Promise<boolean> {
    const isBeginning = this.#receivedBytes > 0 && this.#receivedBytes < this.target.sizeBytes;
    if (!this.#taken || !isBeginning || this.#isBroken) return false;
    if (this.#receivedBytes !== this.#noted.sizeBytes) await this.#note();
    await this.#close();
    await this.#taken.putBack();
    return true;
  }

  /** Believes nothing but what the bytes themselves prove. */
  async #takeOver(beginning: Beginning): Promise<void> {
    const handle = await this.#open();
    const hash = createHash('sha256');
    let seenBytes = 0;
    if (beginning.sizeBytes > 0 && beginning.sizeBytes <= this.target.sizeBytes) {
      const end = beginning.sizeBytes - 1;
      for await (const chunk of handle.createReadStream({ start: 0, end, autoClose: false })) {
        hash.update(chunk as Buffer);
        seenBytes += (chunk as Buffer).length;
      }
    }
    const isTrue = seenBytes === beginning.sizeBytes && hash.copy().digest('hex') === beginning.sha256;
    // What came in after the last note may not have reached the disk.
    await handle.truncate(isTrue ? seenBytes : 0);
    if (!isTrue || seenBytes === 0) return;
    this.#hash = hash;
    this.#source = { address: beginning.address, validator: beginning.validator };
    this.#receivedBytes = seenBytes;
    this.#noted = { sizeBytes: seenBytes, atMs: performance.now() };
    this.#onBytes(seenBytes, 'kept');
  }

  #isNoteDue(): boolean {
    const { sizeBytes, atMs } = this.#noted;
    return this.#receivedBytes - sizeBytes >= noteEveryBytes || performance.now() - atMs >= noteEveryMs;
  }

  async #note(): Promise<void> {
    if (!this.#source) return;
    await this.#handle?.datasync();
    await this.#taken?.note({ ...this.#source, sizeBytes: this.#receivedBytes, sha256: this.sha256 });
    this.#noted = { sizeBytes: this.#receivedBytes, atMs: performance.now() };
  }

  async #open(): Promise<FileHandle> {
    if (!this.#handle) {
      await mkdir(dirname(this.#path), { recursive: true });
      const flags = constants.O_RDWR | constants.O_CREAT | (this.#taken ? 0 : constants.O_EXCL);
      this.#handle = await open(this.#path, flags, 0o644);
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
      this.#isBroken = true;
      throw diskFailure(this.target, error);
    }
  }
}
