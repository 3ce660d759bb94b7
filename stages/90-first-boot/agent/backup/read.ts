import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { StepFailure } from '../device/door.ts';
import type { BackupTask } from '../setup/define.ts';
import { decrypt, ProgramTrouble } from './age.ts';
import type { BackupHeader } from './manifest.ts';
import type { BackupName } from './names.ts';
import type { BackupTarget, StoredBackup } from './target.ts';
import { badBackup, noBackup, wrongKey } from './trouble.ts';
import { type UnpackOptions, unpackBackup } from './unpack.ts';

/** Where a backup is read from, and what in. */
export interface Reader {
  readonly target: BackupTarget;
  readonly task: Pick<BackupTask, 'path' | 'signal'>;
}

/** The backup of that name; without one, the newest (of the host, if one is given). Throws StepFailure if there is none. */
export async function findBackup(
  { target, task }: Reader,
  wanted: { readonly name?: string | undefined; readonly host?: string | undefined },
): Promise<StoredBackup> {
  const all = await target.list(task.signal);
  const fits = (one: StoredBackup) =>
    wanted.name === undefined
      ? wanted.host === undefined || one.host === wanted.host
      : one.name === wanted.name || one.name.startsWith(`${wanted.name}.`);
  const found = all.find(fits);
  if (found === undefined) throw noBackup(wanted.name);
  return found;
}

/** Opens a backup, decrypted with the secret key in the file (a path of the host) if it is encrypted. */
export async function openBackup(
  { target, task }: Reader,
  backup: BackupName,
  keyFile: string | undefined,
): Promise<Readable> {
  if (!backup.isEncrypted) return await target.open(backup.name, task.signal);
  if (keyFile === undefined || !existsSync(keyFile)) throw wrongKey(backup.name);
  return decrypt(task, await target.open(backup.name, task.signal), keyFile);
}

/** Opens and unpacks a backup. Throws StepFailure that tells a wrong key from a damaged backup. */
export async function readBackup(
  reader: Reader,
  backup: BackupName,
  options: UnpackOptions & { readonly keyFile: string | undefined },
): Promise<BackupHeader> {
  try {
    return await unpackBackup(await openBackup(reader, backup, options.keyFile), options);
  } catch (error) {
    throw readTrouble(backup.name, error);
  }
}

/** What an error while a backup is read means for the owner. */
export function readTrouble(name: string, error: unknown): unknown {
  if (error instanceof StepFailure || isOwn(error)) return error;
  if (
    error instanceof ProgramTrouble &&
    /no identity matched|malformed secret key|unknown identity/.test(error.message)
  )
    return wrongKey(name);
  return badBackup(
    name,
    error instanceof ProgramTrouble ? 'it can not be decrypted to its end' : (error as Error).message,
  );
}

/** The device's own trouble, or a stop: the backup has nothing to do with it. */
function isOwn(error: unknown): boolean {
  const { name, code } = error as NodeJS.ErrnoException;
  return name === 'AbortError' || code === 'ENOSPC' || code === 'EROFS' || code === 'EIO';
}
