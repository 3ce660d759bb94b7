import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HearthError } from '../errors/hearth-error.ts';
import { type RunningProcess, startProcess } from '../host/process.ts';
import { startInSandbox } from '../host/sandbox.ts';
import type { ToolsTree } from '../host/tools-tree.ts';

/** How `zstd` is run. */
export interface ZstdOptions {
  /** The tools tree whose `zstd` is used; without it that of the host. */
  readonly tools?: Pick<ToolsTree, 'path'> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Levels above 19 may need a window that k3s does not take; this one has a small window, and most layers are packed already. */
const level = '-6';

/**
 * The content of a `.zst` file, handed to `use`. Throws ERR_COMMAND_FAILED with the program's words if the file is
 * damaged or cut off, also when `use` failed because of that.
 */
export async function withDecompressed<T>(
  file: string,
  options: ZstdOptions,
  use: (content: Readable) => Promise<T>,
): Promise<T> {
  const child = await startZstd(['-d', '-c'], createReadStream(file), options);
  const output = child.stdout ?? Readable.from([]);
  const words = collect(child.stderr);
  let outcome: { readonly value: T } | { readonly error: unknown };
  try {
    outcome = { value: await use(output) };
  } catch (error) {
    outcome = { error };
  }
  // What was not read would keep the program waiting.
  output.resume();
  await requireSuccess(child, words, `${file} can not be unpacked.`, options);
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

/**
 * Writes `content` to `file` as zstd, on disk when it returns. The same content gives the same bytes: the number of
 * threads is fixed.
 */
export async function compressTo(content: Readable, file: string, options: ZstdOptions): Promise<void> {
  const child = await startZstd([level, '-T2', '-c'], content, options);
  const words = collect(child.stderr);
  // A source that breaks must not look like one that ended.
  const source = new Promise<never>((_, reject) => content.once('error', reject));
  const target = pipeline(child.stdout ?? Readable.from([]), createWriteStream(file));
  try {
    await Promise.race([source, target]);
  } catch (error) {
    child.kill('SIGKILL');
    await Promise.allSettled([target, child.exited]);
    throw error;
  }
  await requireSuccess(child, words, `${file} could not be packed.`, options);
  const written = await open(file, 'r');
  try {
    await written.sync();
  } finally {
    await written.close();
  }
}

async function startZstd(
  args: readonly string[],
  input: Readable,
  { tools, signal }: ZstdOptions,
): Promise<RunningProcess> {
  const command = ['zstd', '-q', ...args];
  const process = { input, output: 'stream' as const, ...(signal ? { signal } : {}) };
  return tools
    ? await startInSandbox({ ...process, command, tools, network: false })
    : startProcess(command, process);
}

function collect(stream: Readable | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8').trim();
}

async function requireSuccess(
  child: RunningProcess,
  words: () => string,
  what: string,
  { signal }: ZstdOptions,
): Promise<void> {
  const { exitCode, stderr } = await child.exited;
  signal?.throwIfAborted();
  if (exitCode === 0) return;
  const details = words() || stderr.trim();
  throw new HearthError('ERR_COMMAND_FAILED', {
    what,
    why: `zstd ended with exit code ${exitCode}.`,
    ...(details ? { details } : {}),
  });
}
