import { dirname } from 'node:path';
import { HearthError } from '../errors/hearth-error.ts';
import { messageOf } from '../errors/message-of.ts';
import { formatSize } from '../text/size.ts';

/** The error for a downloaded file that the disk does not take: ERR_DISK_FULL or ERR_DOWNLOAD. */
export function diskFailure(
  target: { readonly file: string; readonly sizeBytes: number; readonly label: string },
  error: unknown,
): HearthError {
  const folder = dirname(target.file);
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new HearthError('ERR_DISK_FULL', {
      what: `There is no room for ${target.label} in ${folder}.`,
      why: `The file has ${formatSize(target.sizeBytes)}, and the disk or the quota is full.`,
      state: 'Files that were fetched completely are kept; this one was removed.',
      todo: `Free some room there (\`df -h ${folder}\` shows it), then run the same command again.`,
      cause: error,
    });
  }
  return new HearthError('ERR_DOWNLOAD', {
    what: `${target.label} could not be written to ${folder}.`,
    why: messageOf(error),
    state: 'Files that were fetched completely are kept.',
    todo: `Make ${folder} a folder that you may write to.`,
    cause: error,
  });
}
