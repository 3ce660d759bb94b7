import {
  type ArtifactLock,
  artifactLockName,
  readArtifactLock,
  writeArtifactLock,
} from '../../artifacts/lock-file.ts';
import { publicMakers, type ResolveContext, type RunVerifier } from '../../artifacts/resolve/resolver.ts';
import { type LockChange, updateLock } from '../../artifacts/update-lock.ts';
import { openTextFetcher } from '../../host/fetch-text.ts';
import { findMirror } from '../../host/mirror.ts';
import { runInSandbox } from '../../host/sandbox.ts';
import { ensureToolsTree } from '../../host/tools-tree.ts';
import { count } from '../../text/count.ts';
import { formatTable } from '../../text/table.ts';
import { type StopWords, withInterrupt } from '../interrupt.ts';
import { once } from '../packages.ts';
import { readSettings } from '../settings.ts';

export interface LockFlags {
  readonly only?: readonly string[];
  readonly rebuilt?: readonly string[];
  readonly check?: boolean;
  readonly json?: boolean;
}

const stopWords: StopWords = {
  stopping: 'Stopping.',
  state: `${artifactLockName} was not changed.`,
  todo: 'Run the same command again.',
};

/** `hearth lock`: takes newer versions into artifacts.lock.yaml. With `--check` exit code 1 if there are any. */
export async function lockCommand(flags: LockFlags): Promise<void> {
  const { projectDir, cacheDir } = readSettings();
  process.exitCode = await withInterrupt(async (signal) => {
    const mirror = once(async () => await findMirror({}));
    const tools = once(async () => await ensureToolsTree({ cacheDir, mirror, signal }));
    const runVerifier: RunVerifier = async (command, folder) =>
      await runInSandbox({
        ...{ command, signal, network: false, reject: false },
        tools: await tools(),
        binds: [{ path: folder, writable: true }],
      });
    const fetcher = openTextFetcher({ aptOptions: (await mirror()).aptOptions, signal });
    try {
      const path = `${projectDir}/${artifactLockName}`;
      const context: ResolveContext = { fetcher, makers: publicMakers, runVerifier };
      const { text, exitCode } = await lockArtifacts(path, flags, context);
      process.stdout.write(text);
      return exitCode;
    } finally {
      await fetcher.close();
    }
  }, stopWords);
}

/** What `hearth lock` does, says and ends with. Throws as updateLock; the lock is written only if all went well. */
export async function lockArtifacts(
  path: string,
  flags: LockFlags,
  context: ResolveContext,
): Promise<{ readonly text: string; readonly exitCode: 0 | 1 }> {
  const before = await readArtifactLock(path);
  const options = { only: flags.only ?? [], rebuilt: flags.rebuilt ?? [] };
  const { changes, lock } = await updateLock(before, options, context);
  const isChanged = changes.some(changesLock);
  if (isChanged && !flags.check) await writeArtifactLock(path, lock);
  const text = flags.json ? changesAsJson(changes, lock) : changesAsText(changes, flags);
  return { text, exitCode: isChanged && flags.check ? 1 : 0 };
}

function changesAsJson(changes: readonly LockChange[], lock: ArtifactLock): string {
  const artifacts = changes.map((change) => ({
    ...change,
    artifact: lock.artifacts.find(({ name }) => name === change.name),
  }));
  return `${JSON.stringify({ version: 1, artifacts }, null, 2)}\n`;
}

/** A table old -> new, what people should know, and a line that sums it up. */
export function changesAsText(changes: readonly LockChange[], flags: LockFlags): string {
  const table = formatTable(changes.map((change) => [change.name, change.from, ...wordsFor(change)]));
  const notes = changes.flatMap(({ name, notes: about }) => about.map((note) => `${name}: ${note}`));
  const amount = changes.filter(changesLock).length;
  const sum =
    amount === 0
      ? 'Nothing newer.'
      : flags.check
        ? `${count(amount, 'entry', 'entries')} would change; ${artifactLockName} was not changed.`
        : `${count(amount, 'entry', 'entries')} of ${artifactLockName} changed.`;
  return `${[table, ...(notes.length > 0 ? [notes.join('\n')] : []), sum].join('\n\n')}\n`;
}

function changesLock({ state }: LockChange): boolean {
  return state !== 'same' && state !== 'unknown';
}

function wordsFor({ state, to }: LockChange): readonly string[] {
  switch (state) {
    case 'newer':
      return ['->', to];
    case 'rebuilt':
      return ['->', `${to}, built anew`];
    case 'pinned':
      return ['->', `${to}, with another package file`];
    case 'filled':
      return ['->', `${to}, with its digests`];
    case 'same':
      return ['', 'as published'];
    case 'unknown':
      return ['', 'not asked'];
  }
}
