import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type Pack, pack } from 'tar-stream';
import { HearthError } from '../errors/hearth-error.ts';
import { messageOf } from '../errors/message-of.ts';
import { diskFullError } from '../host/disk-full.ts';
import { publish, temporaryName } from '../host/workspace.ts';
import type { FileArtifact } from './artifact.ts';
import { notInStore } from './fetch-errors.ts';
import { checkStored, distinctArtifacts, type StoredState, storedArtifact } from './store.ts';
import { addFile, fileHeader } from './tar-file.ts';
import { entryName, formatManifest, manifestName } from './transfer-manifest.ts';

/**
 * Writes the stored files of these artifacts into one tar with a manifest, the same bytes for the same artifacts. The tar
 * gets its name when it is complete. Throws ERR_DOWNLOAD that names what the store lacks, and ERR_USAGE for a file that
 * can't be written. Returns what the tar holds.
 */
export async function exportStore(
  cacheDir: string,
  artifacts: readonly FileArtifact[],
  file: string,
  signal?: AbortSignal,
): Promise<readonly FileArtifact[]> {
  const wanted = distinctArtifacts(artifacts).toSorted((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  const states = await checkStored(cacheDir, wanted, signal);
  const pairs = wanted.map((artifact, index) => ({ artifact, state: states[index] as StoredState }));
  const missing = pairs.filter(({ state }) => state.kind !== 'whole');
  if (missing.length > 0) throw notInStore(missing);
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

async function packStore(tar: Pack, cacheDir: string, artifacts: readonly FileArtifact[]): Promise<void> {
  try {
    // Nothing of this machine and no time: two exports can be compared.
    const header = (name: string) => fileHeader(name, 0o644, new Date(0));
    tar.entry(header(manifestName), formatManifest(artifacts));
    for (const artifact of artifacts)
      await addFile(tar, header(entryName(artifact)), storedArtifact(cacheDir, artifact.sha256));
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
