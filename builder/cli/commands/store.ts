import { relative, resolve } from 'node:path';
import { artifactLockName, readArtifactLock } from '../../artifacts/lock-file.ts';
import { artifactFolder, totalSize } from '../../artifacts/store.ts';
import { exportStore } from '../../artifacts/transfer.ts';
import { importStore } from '../../artifacts/transfer-import.ts';
import { count } from '../../text/count.ts';
import { formatSize } from '../../text/size.ts';
import { withInterrupt } from '../interrupt.ts';
import { readSettings } from '../settings.ts';
import { filesOf } from './fetch.ts';

/** `hearth store export FILE`: the stored files of artifacts.lock.yaml as one tar. */
export async function storeExportCommand(file: string): Promise<void> {
  const { projectDir, cacheDir } = readSettings();
  const { artifacts } = await readArtifactLock(`${projectDir}/${artifactLockName}`);
  const target = resolve(file);
  const written = await withInterrupt(
    async (signal) => await exportStore(cacheDir, filesOf(artifacts), target, signal),
    { ...words, state: 'No file was written; the store is as it was.' },
  );
  const size = `${count(written.length, 'file')} (${formatSize(totalSize(written))})`;
  process.stderr.write(`Exported ${size} of the store, each checked.\n`);
  process.stderr.write(`There: scripts/hearth store import ${relative(process.cwd(), target)}\n`);
  const kept = written.filter(({ mayBePublished }) => !mayBePublished).map(({ name }) => name);
  if (kept.length > 0) process.stderr.write(`Do not pass it on to others: ${kept.join(', ')}\n`);
  process.stdout.write(`${target}\n`);
}

/** `hearth store import FILE`: takes what another machine's store has. */
export async function storeImportCommand(file: string): Promise<void> {
  const { cacheDir } = readSettings();
  const { imported, found } = await withInterrupt(
    async (signal) => await importStore(cacheDir, resolve(file), signal),
    { ...words, state: 'Nothing half-imported is left; the store is as it was.' },
  );
  const size = `${count(imported.length, 'file')} (${formatSize(totalSize(imported))})`;
  const rest = found.length === 0 ? '' : `; ${found.length} were there already`;
  process.stderr.write(`Imported ${size}, each checked${rest}. ${artifactFolder(cacheDir)}\n`);
  for (const { name, version } of imported) process.stderr.write(`  ${name} ${version}\n`);
}

const words = { stopping: 'Stopping.', todo: 'Run the same command again.' } as const;
