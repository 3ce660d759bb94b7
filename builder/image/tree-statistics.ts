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
  let blocks = 0;
  let inodes = 0;
  const folders = new Set<string>();
  const counted = new Set<string>();
  const add = (type: string, sizeBytes: number, target: string) => {
    blocks += blocksOf(type, sizeBytes, target);
    inodes += 1;
  };
  for (const { name, type, sizeBytes, inode, links, target } of files) {
    const kind = typeNames[type] ?? 'fifo';
    if (destinationOf({ name, type: kind }) !== 'root') continue;
    if (kind === 'directory') folders.add(name);
    // A further name of a file costs nothing.
    if (kind !== 'directory' && links > 1) {
      if (counted.has(inode)) continue;
      counted.add(inode);
    }
    add(kind, kind === 'file' ? sizeBytes : 0, target);
  }
  for (const [name, text] of Object.entries(additions)) {
    for (const folder of foldersAbove(name).filter((path) => !folders.has(path))) {
      folders.add(folder);
      add('directory', 0, '');
    }
    add('file', Buffer.byteLength(text), '');
  }
  return { blocks, inodes };
}

/** Blocks that the content of one file takes. */
export function blocksOf(type: string, sizeBytes: number, target: string): number {
  if (type === 'directory') return 1;
  // Links of up to 59 bytes live in the inode (ext4's fast symlinks).
  if (type === 'symlink') return target.length > 59 ? 1 : 0;
  // One more for extents of large files.
  return Math.ceil(sizeBytes / blockBytes) + (sizeBytes > 64 * 1024 * 1024 ? 1 : 0);
}

/** Devices, pipes and sockets take an inode and nothing else. */
const typeNames: Readonly<Record<string, 'file' | 'directory' | 'symlink'>> = {
  f: 'file',
  d: 'directory',
  l: 'symlink',
};

/** `a/b` for `a/b/c`, and `a`; the top comes first. */
function foldersAbove(name: string): string[] {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_, depth) => parts.slice(0, depth + 1).join('/'));
}
