import { createHash } from 'node:crypto';
import { open, rm, stat } from 'node:fs/promises';
import pLimit from 'p-limit';
import { formatSize } from '../text/size.ts';
import type { FileArtifact, StoredArtifact } from './artifact.ts';

/** What lies in the store under the digest of an artifact. */
export type StoredState =
  | { readonly kind: 'whole' }
  | { readonly kind: 'missing' }
  /** Something else lies there; `inode` tells it from a file that takes its place. */
  | { readonly kind: 'damaged'; readonly reason: string; readonly inode: number };

/** Where an artifact's file is kept: `CACHE/artifacts/sha256/HEX`. A file there was whole and right when it got its name. */
export function storedArtifact(cacheDir: string, sha256: string): string {
  return `${artifactFolder(cacheDir)}/sha256/${sha256}`;
}

/** The folder of the store. It can serve as a mirror as it is. */
export function artifactFolder(cacheDir: string): string {
  return `${cacheDir}/artifacts`;
}

/** Looks at the stored files of all artifacts, reading each byte; in their order. */
export async function checkStored(
  cacheDir: string,
  artifacts: readonly Pick<FileArtifact, 'sha256' | 'sizeBytes'>[],
  signal?: AbortSignal,
): Promise<StoredState[]> {
  // More at once would only make the disk seek.
  const limit = pLimit(2);
  return await Promise.all(
    artifacts.map((artifact) =>
      limit(async () => {
        signal?.throwIfAborted();
        return await stateOfFile(storedArtifact(cacheDir, artifact.sha256), artifact, signal);
      }),
    ),
  );
}

/** Removes a damaged file, unless a whole one has taken its place since. */
export async function removeDamaged(path: string, inode: number): Promise<void> {
  const now = await stat(path).catch(() => undefined);
  if (now?.ino === inode) await rm(path, { force: true });
}

/** The first of each content, in their order: two names may stand for the same file. */
export function distinctArtifacts(artifacts: readonly FileArtifact[]): FileArtifact[] {
  const seen = new Set<string>();
  return artifacts.filter(({ sha256 }) => !seen.has(sha256) && seen.add(sha256));
}

/** `k3s v1.36.4+k3s1 (68.1 MiB)`, `mastodon (ghcr.io/mastodon/mastodon:v4.7.4)`. */
export function describeArtifact(artifact: StoredArtifact): string {
  if (artifact.kind === 'container-image') return `${artifact.name} (${artifact.reference})`;
  const { name, version, sizeBytes } = artifact;
  return `${name} ${version} (${formatSize(sizeBytes)})`;
}

/** Bytes of all together. */
export function totalSize(artifacts: readonly Pick<FileArtifact, 'sizeBytes'>[]): number {
  return artifacts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Compares a file with what it should be, reading each byte. */
export async function stateOfFile(
  path: string,
  { sha256, sizeBytes }: Pick<FileArtifact, 'sha256' | 'sizeBytes'>,
  signal?: AbortSignal,
): Promise<StoredState> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return { kind: 'missing' };
  try {
    const info = await handle.stat();
    const damaged = (reason: string): StoredState => ({ kind: 'damaged', reason, inode: info.ino });
    if (!info.isFile()) return damaged('it is no file');
    if (info.size !== sizeBytes) return damaged(`it has ${info.size} bytes instead of ${sizeBytes}`);
    const hash = createHash('sha256');
    const bytes = handle.createReadStream({ highWaterMark: 1024 ** 2, autoClose: false });
    for await (const chunk of bytes) {
      signal?.throwIfAborted();
      hash.update(chunk as Buffer);
    }
    const found = hash.digest('hex');
    return found === sha256 ? { kind: 'whole' } : damaged(`its SHA-256 is ${found}`);
  } finally {
    await handle.close();
  }
}
