import { destinationOf } from './destination.ts';
import { blockBytes } from './layout.ts';

export interface TreeStatistics {
  /** Blocks of 4096 bytes that ext4 needs for the contents. */
  readonly blocks: number;
  readonly inodes: number;
}

/** A file of a tree on the disk. */
export interface ListedFile {
  /** Without a slash or dot in front; '.' is the top. */
  readonly name: string;
  /** The letter of find(1)'s %y: f, d, l, … */
  readonly type: string;
  readonly sizeBytes: number;
  readonly inode: string;
  /** Names that the inode has. */
  readonly links: number;
  /** Target of a symbolic link. */
  readonly target: string;
}

/** What the root partition of a tree will need, and the files added to it. Sizes are known before anything is written. */
export function countTree(
  files: readonly ListedFile[],
  additions: Readonly<Record<string, string>>,
): TreeStatistics {
  const inRoot = files.filter((file) => destinationOf({ name: file.name, type: kindOf(file) }) === 'root');
  const folders = new Set(inRoot.filter((file) => kindOf(file) === 'directory').map((file) => file.name));
  const sizes = onePerInode(inRoot).map(blocksOfFile);
  for (const [name, text] of Object.entries(additions)) {
    for (const folder of foldersAbove(name).filter((path) => !folders.has(path))) {
      folders.add(folder);
      sizes.push(blocksOf('directory', 0, ''));
    }
    sizes.push(blocksOf('file', Buffer.byteLength(text), ''));
  }
  return { blocks: sizes.reduce((sum, blocks) => sum + blocks, 0), inodes: sizes.length };
}

/** A further name of a file costs nothing. */
function onePerInode(files: readonly ListedFile[]): ListedFile[] {
  const seen = new Set<string>();
  return files.filter((file) => {
    if (kindOf(file) === 'directory' || file.links === 1) return true;
    if (seen.has(file.inode)) return false;
    seen.add(file.inode);
    return true;
  });
}

function blocksOfFile(file: ListedFile): number {
  const kind = kindOf(file);
  return blocksOf(kind, kind === 'file' ? file.sizeBytes : 0, file.target);
}

/** Blocks that the content of one file takes. */
export function blocksOf(type: string, sizeBytes: number, target: string): number {
  if (type === 'directory') return 1;
  // Links of up to 59 bytes live in the inode (ext4's fast symlinks).
  if (type === 'symlink') return target.length > 59 ? 1 : 0;
  // One more for extents of large files.
  return Math.ceil(sizeBytes / blockBytes) + (sizeBytes > 64 * 1024 * 1024 ? 1 : 0);
}

type Kind = 'file' | 'directory' | 'symlink' | 'fifo';

const typeNames: Readonly<Record<string, Kind>> = { f: 'file', d: 'directory', l: 'symlink' };

/** Devices, pipes and sockets take an inode and nothing else. */
function kindOf({ type }: ListedFile): Kind {
  return typeNames[type] ?? 'fifo';
}

/** `a/b` for `a/b/c`, and `a`; the top comes first. */
function foldersAbove(name: string): string[] {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_, depth) => parts.slice(0, depth + 1).join('/'));
}
