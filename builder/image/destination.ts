import type { Header } from 'tar-stream';
import { HearthError } from '../errors/hearth-error.ts';

/** Below it lies what the firmware reads. */
export const bootPrefix = 'boot/firmware/';

/** Which partition a path goes to. Throws ERR_STEP_FAILED for what a FAT file system can not hold. */
export function destinationOf({
  name,
  type,
}: Pick<Partial<Header>, 'type'> & Pick<Header, 'name'>): 'nowhere' | 'boot' | 'root' {
  if (type === 'file' && name.startsWith('var/log/')) return 'nowhere';
  if (dropped.some((pattern) => pattern.test(name))) return 'nowhere';
  if (!name.startsWith(bootPrefix) || name === bootPrefix) return 'root';
  // Folders are made with their files.
  if (type === 'directory') return 'nowhere';
  if (type === 'file') return 'boot';
  throw notOnFat(name);
}

/**
 * Left over from the build or belonging to one machine: not part of an image. A pattern that ends in `/` drops the
 * contents of the folder and keeps the folder.
 */
const dropped: readonly RegExp[] = [
  /^\.hearth-build(\/|$)/,
  /^(dev|proc|sys|run|tmp|var\/tmp)\/./,
  /^var\/cache\/apt\/./,
  /^var\/lib\/apt\/lists\/./,
  /^var\/cache\/(ldconfig\/aux-cache|debconf\/.*-old)$/,
  /^var\/lib\/dpkg\/(.*-old|lock.*)$/,
  /^etc\/(passwd|shadow|group|gshadow|subuid|subgid)-$/,
  /^etc\/\.pwd\.lock$/,
  /^etc\/ssh\/ssh_host_.*_key(\.pub)?$/,
  /^var\/lib\/(systemd\/(random-seed|credential\.secret)|dbus\/machine-id)$/,
  /^root\/\.(bash_history|wget-hsts|lesshst)$/,
];

function notOnFat(name: string): HearthError {
  return new HearthError('ERR_STEP_FAILED', {
    what: `/${name} can not be put on the boot partition.`,
    why: 'A FAT file system holds plain files and folders only, no links.',
    todo: 'Let the stage that makes it copy the file instead.',
  });
}
