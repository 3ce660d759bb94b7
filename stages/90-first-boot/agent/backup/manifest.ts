/** The first entry of an archive: enough to tell what is in it before the rest is there. */
export interface BackupHeader {
  /** Another number: an older or newer Hearth made it, in another way. */
  readonly format: 1;
  readonly hostname: string;
  /** ISO 8601 */
  readonly createdAt: string;
  /** Version of Hearth that made it. */
  readonly release: string;
  /** Ids of the parts in it. */
  readonly parts: readonly string[];
  /** Folders in the archive that hold trees: `mastodon/media`. */
  readonly trees: readonly string[];
}

export interface BackedUpFile {
  /** Name in the archive: `postgres/mastodon.dump`. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** The last entry: an archive without it was cut off. */
export interface BackupManifest {
  readonly format: 1;
  readonly files: readonly BackedUpFile[];
}

export const headerName = 'hearth-backup.json';
export const manifestName = 'manifest.json';
/** The part that the agent itself adds: the answers to all questions. */
export const answersPart = 'answers';
export const answersName = `${answersPart}/answers.json`;

/** Reads the first entry. Throws if it is not one. */
export function parseHeader(text: string): BackupHeader {
  const header = JSON.parse(text) as Partial<BackupHeader>;
  if (header.format !== 1) throw new Error(`a backup of the unknown format ${header.format}`);
  const { hostname, createdAt, release, parts, trees = [] } = header;
  if (typeof hostname !== 'string' || typeof createdAt !== 'string' || !Array.isArray(parts))
    throw new Error('the head of the backup is damaged');
  return {
    format: 1,
    hostname,
    createdAt,
    release: String(release),
    parts: parts.map(String),
    trees: trees.map(String),
  };
}

/** Reads the last entry. Throws if it is not one. */
export function parseManifest(text: string): BackupManifest {
  const manifest = JSON.parse(text) as Partial<BackupManifest>;
  if (manifest.format !== 1 || !Array.isArray(manifest.files))
    throw new Error('the list in the backup is damaged');
  return { format: 1, files: manifest.files };
}
