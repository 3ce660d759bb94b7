import { relative, resolve } from 'node:path';
import { artifactLockName, readArtifactLock } from '../../artifacts/lock-file.ts';
import { artifactFolder, totalSize } from '../../artifacts/store.ts';
import { exportStore } from '../../artifacts/transfer.ts';
import { importStore } from '../../artifacts/transfer-import.ts';
import { isImage } from '../../artifacts/transfer-manifest.ts';
import { count } from '../../text/count.ts';
import { formatSize } from '../../text/size.ts';
import { withInterrupt } from '../interrupt.ts';
import { readSettings } from '../settings.ts';
import { storeTools } from '../tools.ts';
import { storedOf } from './fetch.ts';

/** `hearth store export FILE`: what the store has of artifacts.lock.yaml as one tar. */
export async function storeExportCommand(file: string): Promise<void> {
  const { projectDir, cacheDir } = readSettings();
  const { artifacts } = await readArtifactLock(`${projectDir}/${artifactLockName}`);
  const stored = storedOf(artifacts);
  const target = resolve(file);
  const written = await withInterrupt(
    async (signal) => await exportStore(stored, target, { cacheDir, tools: storeTools(cacheDir), signal }),
    { ...words, state: 'No file was written; the store is as it was.' },
  );
  const size = `${count(written.length, 'file')} (${formatSize(totalSize(written))})`;
  process.stderr.write(`Exported ${size} of the store, each checked.\n`);
  process.stderr.write(`There: scripts/hearth store import ${relative(process.cwd(), target)}\n`);
  const kept = stored.filter(({ mayBePublished }) => !mayBePublished).map(({ name }) => name);
  if (kept.length > 0) process.stderr.write(`Do not pass it on to others: ${kept.join(', ')}\n`);
  process.stdout.write(`${target}\n`);
}

/** `hearth store import FILE`: takes what another machine's store has. */
export async function storeImportCommand(file: string): Promise<void> {
  const { cacheDir } = readSettings();
  const { imported, found } = await withInterrupt(
    async (signal) => await importStore(resolve(file), { cacheDir, tools: storeTools(cacheDir), signal }),
    { ...words, state: 'Nothing half-imported is left; the store is as it was.' },
  );
  const size = `${count(imported.length, 'file')} (${formatSize(totalSize(imported))})`;
  const rest = found.length === 0 ? '' : `; ${found.length} were there already`;
  process.stderr.write(`Imported ${size}, each checked${rest}. ${artifactFolder(cacheDir)}\n`);
  for (const one of imported)
    process.stderr.write(`  ${one.name} ${isImage(one) ? one.reference : one.version}\n`);
}

const words = { stopping: 'Stopping.', todo: 'Run the same command again.' } as const;
