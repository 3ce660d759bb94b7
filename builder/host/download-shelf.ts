/** Where the bytes of a draft came from. */
export interface DraftSource {
  /** Without credentials. */
  readonly address: string;
  /** ETag or date of the version, for If-Range; undefined where the server told none. */
  readonly validator: string | undefined;
}

/** The first bytes of a file, which are on the disk for certain. */
export interface Beginning extends DraftSource {
  readonly sizeBytes: number;
  /** Of these bytes, hex. */
  readonly sha256: string;
}

/** Keeps the beginning of one file for the next run. */
export interface DraftShelf {
  /** Takes over what an earlier run left, or begins with nothing. Nobody else writes to it until it is given back. */
  take(): Promise<TakenDraft>;
}

/** What was taken from a shelf. */
export interface TakenDraft {
  /** The file to write to; it may not be there yet. On the file system of the finished file. */
  readonly path: string;
  /** What can be believed of that file; undefined: nothing. */
  readonly beginning: Beginning | undefined;
  /** Notes durably what can be believed from now on. The file must be synced so far already. */
  note(beginning: Beginning): Promise<void>;
  /** Gives it back for the next run. */
  putBack(): Promise<void>;
  /** Removes it with all that belongs to it. */
  remove(): Promise<void>;
}
