import { type ContentDifference, compareContent } from './compare-content.ts';

/** What a file system says of one file. */
export interface FileEntry {
  /** Type, mode, owner, times and so on, as text, in the order in which a difference is shown. */
  readonly facts: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
  /** Undefined for what has no content of its own: folders, links, devices. */
  readonly read: ((offsetBytes: number, lengthBytes: number) => Buffer) | undefined;
}

/** All files of a file system by their path, which begins with a slash. */
export type Listing = ReadonlyMap<string, FileEntry>;

export type FileChange =
  | { readonly what: 'missing in A' | 'missing in B' }
  | { readonly what: 'fact'; readonly name: string; readonly a: string; readonly b: string }
  | ({ readonly what: 'content' } & ContentDifference);

export interface FileDifference {
  readonly path: string;
  readonly changes: readonly FileChange[];
}

/**
 * What differs between two listings. Files that are missing or have other content come first, then other modes and
 * owners, files that differ in times alone last; by path within these.
 */
export function compareListings(a: Listing, b: Listing): FileDifference[] {
  const differences: FileDifference[] = [];
  for (const path of new Set([...a.keys(), ...b.keys()])) {
    const changes = changesOf(a.get(path), b.get(path));
    if (changes.length > 0) differences.push({ path, changes });
  }
  return differences.sort((x, y) => weight(x) - weight(y) || (x.path < y.path ? -1 : 1));
}

function changesOf(a: FileEntry | undefined, b: FileEntry | undefined): FileChange[] {
  if (!a || !b) return [{ what: a ? 'missing in B' : 'missing in A' }];
  const names = new Set([...Object.keys(a.facts), ...Object.keys(b.facts)]);
  const changes: FileChange[] = [];
  if (a.read && b.read) {
    const content = compareContent(
      { sizeBytes: a.sizeBytes, read: a.read },
      { sizeBytes: b.sizeBytes, read: b.read },
    );
    if (content) changes.push({ what: 'content', ...content });
  }
  for (const name of names) {
    const [left, right] = [a.facts[name] ?? 'none', b.facts[name] ?? 'none'];
    if (left !== right) changes.push({ what: 'fact', name, a: left, b: right });
  }
  return changes;
}

const isMinor = /time$|^place /;

/** Folders get another time, and files another place, whenever a file beside differs: what caused it is worth more. */
function weight({ changes }: FileDifference): number {
  if (changes.some((change) => change.what !== 'fact')) return 0;
  return changes.some((change) => change.what === 'fact' && !isMinor.test(change.name)) ? 1 : 2;
}
