import { access, constants, stat, statfs } from 'node:fs/promises';
import { formatSize } from '../../text/size.ts';
import { type Mount, mountOf, nearestExisting } from './mounts.ts';
import type { HostProblem } from './problem.ts';

/** What a folder offers, before anything is written to it. */
export interface FolderFacts {
  readonly path: string;
  /** Where the path is to be made if it is not there yet. */
  readonly nearest: string;
  readonly isFolder: boolean;
  readonly isWritable: boolean;
  readonly mount: Mount | undefined;
  /** The number of its file system, to tell whether two folders share one. */
  readonly device: number;
  readonly freeBytes: number;
  /** undefined where the file system has no fixed number, as btrfs. */
  readonly freeInodes: number | undefined;
}

/** How a person names another folder, by the kind of files. */
export type FolderVariable = 'HEARTH_CACHE_DIR' | 'HEARTH_OUT_DIR' | 'TMPDIR';

/** A tools tree and two trees of an image have about 150,000 files. */
const neededInodes = 200_000;

/** Reads what there is to know of a folder that may not exist yet. */
export async function readFolder(path: string): Promise<FolderFacts> {
  const nearest = await nearestExisting(path);
  const [info, space, mount, isWritable] = await Promise.all([
    stat(nearest).catch(() => undefined),
    statfs(nearest).catch(() => undefined),
    mountOf(nearest),
    access(nearest, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    ),
  ]);
  return {
    path,
    nearest,
    isFolder: info?.isDirectory() ?? false,
    isWritable,
    mount,
    device: info?.dev ?? 0,
    // A file system without a size, as ramfs, takes what the machine has.
    freeBytes: space && space.blocks > 0 ? space.bavail * space.bsize : Number.POSITIVE_INFINITY,
    freeInodes: space && space.files > 0 ? space.ffree : undefined,
  };
}

/** A folder that nothing can be written to. */
export function unwritable(folder: FolderFacts, variable: FolderVariable): HostProblem | undefined {
  if (folder.isFolder && folder.isWritable) return undefined;
  const holds = {
    HEARTH_CACHE_DIR: 'all that a build keeps',
    HEARTH_OUT_DIR: 'the image and the logs',
    TMPDIR: 'the mount points of a running build',
  }[variable];
  return {
    what: folder.isFolder
      ? `We may not write to ${folder.nearest}.`
      : `${folder.nearest} is a file, not a folder.`,
    why: `${folder.path} is to hold ${holds}.`,
    todo: otherFolder(variable),
  };
}

/** A folder that refuses root of our user namespace though it looked writable: a network server has its own rules. */
export function unmakeable(cache: FolderFacts, stderr: string): HostProblem {
  return {
    what: `No folder can be made in ${cache.nearest} (${cache.mount?.type ?? 'unknown'}).`,
    why: `${cache.path} is to hold all that a build keeps. The reason: ${stderr.trim().split('\n').at(-1) || 'not said'}`,
    todo: otherFolder('HEARTH_CACHE_DIR'),
  };
}

/** A file system that forbids to run programs: those of the tools tree lie there. */
export function forbiddenPrograms(cache: FolderFacts): HostProblem | undefined {
  // nosuid and nodev do no harm: steps are root already, and device files are those of the host.
  if (!cache.mount?.isNoexec) return undefined;
  const { mountPoint } = cache.mount;
  return {
    what: `${cache.path} lies on ${mountPoint}, which is mounted noexec.`,
    why: 'The programs of the build itself lie in the cache folder and must run there.',
    todo: otherFolder('HEARTH_CACHE_DIR'),
  };
}

/** Too little space or too few free inodes in a folder; sizes in bytes. */
export function tooFull(
  folder: FolderFacts,
  variable: FolderVariable,
  neededBytes: number,
): HostProblem | undefined {
  const holds =
    variable === 'HEARTH_CACHE_DIR'
      ? 'It holds the tools, the packages, the results of the stages and the tree being built.'
      : 'It holds the image, once as a draft beside the one that is there.';
  if (folder.freeBytes < neededBytes) {
    return {
      what: `${folder.path} has ${formatSize(folder.freeBytes)} free; a build needs ${formatSize(neededBytes)}.`,
      why: holds,
      todo: otherFolder(variable, 'with-space'),
    };
  }
  const { freeInodes } = folder;
  if (variable === 'HEARTH_OUT_DIR' || freeInodes === undefined || freeInodes >= neededInodes)
    return undefined;
  return {
    what: `The file system of ${folder.path} has ${freeInodes.toLocaleString('en-US')} free inodes; a build needs ${neededInodes.toLocaleString('en-US')}.`,
    why: `${holds} Each of their files takes one, however much space is free.`,
    todo: otherFolder(variable, 'with-space'),
  };
}

/** What a file system must be able to do for the trees of an image; as the probe found it. */
export interface FolderAbilities {
  readonly owners: boolean;
  readonly modes: boolean;
  readonly symbolicLinks: boolean;
  readonly hardLinks: boolean;
  /** Two names that differ in case only. */
  readonly letterCase: boolean;
  readonly capabilities: boolean;
  readonly programs: boolean;
}

/** A file system that can not hold the trees of an image. */
export function unableFolder(cache: FolderFacts, abilities: FolderAbilities): HostProblem | undefined {
  const names: Readonly<Record<keyof FolderAbilities, string>> = {
    owners: 'owners',
    modes: 'modes',
    symbolicLinks: 'symbolic links',
    hardLinks: 'hard links',
    letterCase: 'names that differ in case only',
    capabilities: 'capabilities (extended attributes)',
    programs: 'programs that run',
  };
  const missing = (Object.keys(names) as (keyof FolderAbilities)[]).filter((name) => !abilities[name]);
  if (missing.length === 0) return undefined;
  return {
    what: `${cache.path} can not hold the files of an image: its file system (${cache.mount?.type ?? 'unknown'}) has no ${missing.map((name) => names[name]).join(', no ')}.`,
    why: 'Network folders and those of Windows keep less than Linux needs; ext4, xfs and btrfs keep all of it.',
    todo: otherFolder('HEARTH_CACHE_DIR'),
  };
}

function otherFolder(variable: FolderVariable, wanted: 'other' | 'with-space' = 'other'): string {
  const folder = wanted === 'with-space' ? '/a/folder/with/more/space' : '/a/folder/on/another/disk';
  return `export ${variable}=${folder}`;
}
