import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { HearthError } from '../errors/hearth-error.ts';
import { messageOf } from '../errors/message-of.ts';
import { diskFullError } from '../host/disk-full.ts';
import { publish, temporaryName } from '../host/workspace.ts';
import { hashFile } from '../text/digest.ts';
import type { StoredArtifact } from './artifact.ts';
import { storedContainerImage } from './container-image.ts';
import { notInStore } from './fetch-errors.ts';
import { findLacks, type StoreLook } from './fill-store.ts';
import { artifactFolder } from './store.ts';
import { addFile, fileHeader } from './tar-file.ts';
import { type ExportedArtifact, entryName, formatManifest, manifestName } from './transfer-manifest.ts';

/**
 * Writes what the store has of these artifacts into one tar with a manifest, the same bytes for the same artifacts. The tar
 * gets its name when it is complete. Throws ERR_DOWNLOAD that names what the store lacks, and ERR_USAGE for a file that
 * can't be written. Returns what the tar holds.
 */
export async function exportStore(
  artifacts: readonly StoredArtifact[],
  file: string,
  store: StoreLook,
): Promise<readonly ExportedArtifact[]> {
  const { cacheDir, signal } = store;
  const lacks = await findLacks(artifacts, store);
  if (lacks.length > 0) throw notInStore(lacks);
  const wanted = await exported(artifacts, cacheDir);
  const draft = temporaryName(file);
  try {
    const tar = pack();
    const written = pipeline(tar, createWriteStream(draft, { flags: 'wx', flush: true }), { signal });
    await Promise.all([packStore(tar, cacheDir, wanted), written]);
    await publish(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    signal?.throwIfAborted();
    throw (await diskFullError(error, file)) ?? notWritten(file, error);
  }
  return wanted;
}

/** Each file of the store once, by its name. */
async function exported(artifacts: readonly StoredArtifact[], cacheDir: string): Promise<ExportedArtifact[]> {
  const all = await Promise.all(artifacts.map(async (artifact) => await describe(artifact, cacheDir)));
  const byName = new Map(all.map((one) => [entryName(one), one]));
  return [...byName].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

async function describe(artifact: StoredArtifact, cacheDir: string): Promise<ExportedArtifact> {
  if (artifact.kind === 'file') {
    const { name, version, url, sizeBytes, sha256 } = artifact;
    return { name, version, url, sizeBytes, sha256 };
  }
  const { name, reference, arm64Digest } = artifact;
  const path = storedContainerImage(cacheDir, artifact);
  return { name, reference, arm64Digest, sizeBytes: (await stat(path)).size, sha256: await hashFile(path) };
}

async function packStore(tar: Pack, cacheDir: string, artifacts: readonly ExportedArtifact[]): Promise<void> {
  try {
    // Nothing of this machine and no time: two exports can be compared.
    const header = (name: string) => fileHeader(name, 0o644, new Date(0));
    tar.entry(header(manifestName), formatManifest(artifacts));
    for (const artifact of artifacts)
      await addFile(tar, header(entryName(artifact)), `${artifactFolder(cacheDir)}/${entryName(artifact)}`);
    tar.finalize();
  } catch (error) {
    tar.destroy(error as Error);
    throw error;
  }
}

function notWritten(file: string, error: unknown): HearthError {
  return new HearthError('ERR_USAGE', {
    what: `${file} can not be written.`,
    why: messageOf(error),
    todo: 'Name a file in a folder that is there and that you may write to.',
    state: 'Nothing of it was kept; the store is as it was.',
    cause: error,
  });
}
