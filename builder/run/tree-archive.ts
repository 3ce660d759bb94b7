import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HearthError } from '../errors/hearth-error.ts';
import { runInSandbox, startInSandbox } from '../host/sandbox.ts';
import type { ToolsTree } from '../host/tools-tree.ts';

export interface ArchiveInfo {
  readonly sizeBytes: number;
  /** SHA-256 of the compressed file. */
  readonly sha256: string;
}

/**
 * Packs a tree into one canonical tar, compressed with zstd: sorted names, numeric owners, times not later than
 * `epochSeconds`, extended attributes kept (not POSIX ACLs: systemd-tmpfiles sets those at boot). The file is synced.
 */
export async function packTree(
  tools: ToolsTree,
  options: { tree: string; file: string; epochSeconds: number; signal: AbortSignal },
): Promise<ArchiveInfo> {
  const { tree, file, epochSeconds, signal } = options;
  const script = [
    'set -o pipefail',
    'tar --create --sort=name --numeric-owner --format=posix --pax-option=delete=atime,delete=ctime' +
      ' --mtime="@$2" --clamp-mtime --xattrs --xattrs-include="*" --xattrs-exclude="system.*" --one-file-system --directory="$1" . | zstd -q -T0 -1',
  ].join('\n');
  const child = await startInSandbox({
    command: ['bash', '-c', script, 'pack', tree, String(epochSeconds)],
    tools,
    binds: [{ path: tree }],
    output: 'stream',
    signal,
  });
  if (!child.stdout || !child.stderr) throw new TypeError('no output of tar');
  const errors = collect(child.stderr);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      done(null, chunk);
    },
  });
  await pipeline(child.stdout, meter, createWriteStream(file));
  const { exitCode } = await child.exited;
  signal.throwIfAborted();
  if (exitCode !== 0) {
    throw new HearthError('ERR_COMMAND_FAILED', {
      what: `Packing ${tree} failed with exit code ${exitCode}.`,
      details: await errors,
    });
  }
  const handle = await open(file, 'r+');
  await handle.sync();
  await handle.close();
  return { sizeBytes, sha256: hash.digest('hex') };
}

/** Unpacks a file of {@link packTree} into a new folder. */
export async function unpackTree(
  tools: ToolsTree,
  file: string,
  tree: string,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(tree, { recursive: true });
  await runInSandbox({
    command: [
      ...['tar', '--extract', '--file', file, '--use-compress-program=zstd -d -T0', '--preserve-permissions'],
      ...['--same-owner', '--numeric-owner', '--xattrs', '--xattrs-include=*', '--directory', tree],
    ],
    tools,
    binds: [{ path: dirname(file) }, { path: tree, writable: true }],
    ...(signal ? { signal } : {}),
  });
}

/**
 * The uncompressed tar of a stored tree as a stream; the caller looks at `exited` when it has ended. Extended attributes
 * are rewritten from raw bytes (SCHILY.xattr) to base64 (LIBARCHIVE.xattr): tar-stream reads them as UTF-8.
 */
export async function openArchive(tools: ToolsTree, file: string) {
  const script =
    'set -o pipefail; zstd -dc -T0 | bsdtar -cf - --format=pax --options=pax:xattrheader=LIBARCHIVE @-';
  return await startInSandbox({
    command: ['bash', '-c', script],
    tools,
    input: createReadStream(file, { highWaterMark: 1 << 20 }),
    output: 'stream',
  });
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text.trimEnd();
}
