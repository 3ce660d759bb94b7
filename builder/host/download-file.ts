import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { HearthError } from '../errors/hearth-error.ts';
import { messageOf } from '../errors/message-of.ts';
import type { Draft } from './download-draft.ts';
import { digestMismatch, sizeMismatch } from './download-words.ts';

/** Why a file of this machine can not be taken. */
export interface CopyFailure {
  readonly reason: string;
  /** There is no such file. */
  readonly isGone: boolean;
  readonly isWrong: boolean;
}

/**
 * Fills a draft from a file of this machine, whose address begins with `file:`; undefined when the draft is complete and
 * has the wanted SHA-256. Throws on abort and for failures of the target's disk only.
 */
export async function copyFrom(
  url: URL,
  draft: Draft,
  signal: AbortSignal,
): Promise<CopyFailure | undefined> {
  const { sizeBytes, sha256 } = draft.target;
  try {
    const path = fileURLToPath(url);
    const info = await stat(path);
    if (!info.isFile()) return { reason: 'not a file', isGone: true, isWrong: false };
    if (info.size !== sizeBytes) return wrong(sizeMismatch(info.size, sizeBytes));
    await draft.restart();
    const source = createReadStream(path, {
      end: Math.max(sizeBytes - 1, 0),
      highWaterMark: 1024 ** 2,
      signal,
    });
    for await (const chunk of source) await draft.append(chunk as Buffer);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof HearthError) throw error;
    const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { reason: isGone ? 'no such file' : messageOf(error), isGone, isWrong: false };
  }
  const received = draft.sha256;
  const wanted = sha256.toLowerCase();
  if (draft.receivedBytes === sizeBytes && received === wanted) return undefined;
  await draft.restart();
  return wrong(digestMismatch(received, wanted));
}

function wrong(reason: string): CopyFailure {
  return { reason, isGone: false, isWrong: true };
}
