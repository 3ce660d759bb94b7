import { type Pack, pack } from 'tar-stream';
import { storedContainerImage } from '../artifacts/container-image.ts';
import { repackImages } from '../artifacts/repack.ts';
import { artifactFolder, storedArtifact } from '../artifacts/store.ts';
import { addFile, fileHeader } from '../artifacts/tar-file.ts';
import { exists } from '../host/exists.ts';
import type { ToolsTree } from '../host/tools-tree.ts';
import type { BakedFile } from '../stage/stage.ts';
import { digestOf } from '../text/digest.ts';

export interface BakeOptions {
  readonly cacheDir: string;
  /** Time of the files, seconds since 1970. */
  readonly epochSeconds: number;
  readonly tools: ToolsTree;
  readonly signal: AbortSignal;
}

/** Files of others as one tar for the root file system. All of them are in the store, and right. */
export async function packBaked(files: readonly BakedFile[], options: BakeOptions): Promise<Pack> {
  const sources = await Promise.all(files.map(async (file) => await sourceOf(file, options)));
  const tar = pack();
  const mtime = new Date(options.epochSeconds * 1000);
  const write = async () => {
    for (const [index, { path, mode }] of files.entries()) {
      await addFile(tar, fileHeader(path, mode, mtime), sources[index] ?? '', options.signal);
    }
    tar.finalize();
  };
  write().catch((error: unknown) => tar.destroy(error as Error));
  return tar;
}

/** What is laid: the archive of an image, the stored file itself, or what is kept of it. */
async function sourceOf(file: BakedFile, { cacheDir, tools, signal }: BakeOptions): Promise<string> {
  const { sha256, reference, keepImages: keep } = file;
  if (reference !== undefined) return storedContainerImage(cacheDir, { arm64Digest: `sha256:${sha256}` });
  const stored = storedArtifact(cacheDir, sha256);
  if (keep === undefined) return stored;
  const target = `${artifactFolder(cacheDir)}/repacked/${sha256.slice(0, 12)}-${digestOf(keep).slice(0, 12)}.tar.zst`;
  if (!(await exists(target))) await repackImages(stored, target, { keep, tools, signal });
  return target;
}
