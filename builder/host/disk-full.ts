import { statfs } from 'node:fs/promises';
import { HearthError } from '../errors/hearth-error.ts';
import { formatSize } from '../text/size.ts';
import { type Mount, mountOf, nearestExisting } from './checks/mounts.ts';

/** How full the file system of a path is. */
export interface Fullness {
  readonly path: string;
  readonly mount: Mount | undefined;
  /** undefined where it can not be asked. */
  readonly freeBytes: number | undefined;
  readonly freeInodes: number | undefined;
}

/**
 * ERR_DISK_FULL if an error, or the output of a program that failed, says that a disk or a quota is full; undefined if
 * it says something else. `path` is where the work was writing to.
 */
export async function diskFullError(failure: unknown, path: string): Promise<HearthError | undefined> {
  const reason = fullnessIn(failure);
  if (reason === undefined) return undefined;
  return explainFullDisk(reason, await readFullness(path), failure);
}

/** The words that tell of a full disk or quota, in an error of Node with its causes, or in the lines of a program's output. */
export function fullnessIn(failure: unknown): string | undefined {
  if (typeof failure === 'string') return fullnessInLines(failure.split('\n'));
  if (Array.isArray(failure)) return fullnessInLines(failure.map(String));
  if (!(failure instanceof Error)) return undefined;
  const code = 'code' in failure ? failure.code : undefined;
  if ((code === 'ENOSPC' && !isOtherLimit(failure.message)) || code === 'EDQUOT') return failure.message;
  const details =
    failure instanceof HearthError ? `${failure.message}\n${failure.why}\n${failure.details}` : '';
  const parts: readonly unknown[] = failure instanceof AggregateError ? failure.errors : [];
  return [details, ...parts, failure.cause].map(fullnessIn).find((reason) => reason !== undefined);
}

/** The error for a full disk. */
export function explainFullDisk(reason: string, fullness: Fullness, cause?: unknown): HearthError {
  const { path, mount, freeBytes, freeInodes } = fullness;
  const isQuota = /EDQUOT|quota/i.test(reason);
  const where = mount ? `${mount.mountPoint} (${mount.type})` : 'its file system';
  const facts = [
    ...(freeBytes === undefined ? [] : [`${formatSize(freeBytes)} free`]),
    ...(freeInodes === 0 ? ['no inode free for another file'] : []),
  ];
  return new HearthError('ERR_DISK_FULL', {
    what: isQuota ? `Your quota of ${where} is used up.` : `The disk of ${path} is full.`,
    why: `${path} lies on ${where}${facts.length === 0 ? '' : `, which has ${facts.join(' and ')} now`}. ${hint(fullness, isQuota)}The message was: ${reason.trim()}`,
    todo: [
      'Free some space, or:',
      'scripts/hearth clean --stages                          # removes the results of earlier builds',
      'export HEARTH_CACHE_DIR=/a/folder/with/more/space      # uses another disk',
    ].join('\n'),
    state:
      'Finished steps are kept and nothing unfinished was taken for a result. The next build goes on from there.',
    ...(cause === undefined ? {} : { cause }),
  });
}

const roomyBytes = 256 * 1024 ** 2;

/** Free space now says little: what was half-written has been removed by then, or it was a step's own memory disk. */
function hint({ freeBytes, freeInodes }: Fullness, isQuota: boolean): string {
  if (isQuota || freeInodes === 0 || freeBytes === undefined || freeBytes < roomyBytes) return '';
  return 'Unfinished files were removed since; or a step filled its /tmp, which is memory. ';
}

async function readFullness(path: string): Promise<Fullness> {
  const nearest = await nearestExisting(path);
  const [mount, space] = await Promise.all([mountOf(nearest), statfs(nearest).catch(() => undefined)]);
  return {
    path,
    mount,
    freeBytes: space && space.bavail * space.bsize,
    freeInodes: space && space.files > 0 ? space.ffree : undefined,
  };
}

const sentences = [
  /no space left on device/i,
  /disk quota exceeded/i,
  /\bENOSPC\b/,
  /\bEDQUOT\b/,
  /you don't have enough free space in/i,
] as const;

function fullnessInLines(lines: readonly string[]): string | undefined {
  return lines.find((line) => sentences.some((sentence) => sentence.test(line)) && !isOtherLimit(line));
}

/** The same error number is used for limits of the kernel that are no disk. */
function isOtherLimit(text: string): boolean {
  return /number of file watchers|inotify_|\bunshare(?::| failed)|max_user_namespaces/.test(text);
}
