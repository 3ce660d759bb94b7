import type { FileArtifact } from './artifact.ts';

/**
 * The addresses of an artifact's file in the order in which they are tried: each mirror as `MIRROR/sha256/HEX`, which is
 * the layout of a store's folder, then its maker's.
 */
export function addressesOf(
  { sha256, url }: Pick<FileArtifact, 'sha256' | 'url'>,
  mirrors: readonly string[],
): string[] {
  const mirrored = mirrors.map((mirror) => `${mirror.replace(/\/+$/, '')}/sha256/${sha256}`);
  return [...new Set([...mirrored, url])];
}
