import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { HearthError } from '../errors/hearth-error.ts';
import { runInSandbox } from '../host/sandbox.ts';
import type { ToolsTree } from '../host/tools-tree.ts';
import type { CardLayout } from './kernel-arguments.ts';

/** The FAT partition of an image, read with mtools. The image is not changed. */
export interface BootPartition {
  /** All files, as `overlays/x.dtbo`, without a leading slash. */
  readonly files: readonly string[];
  /** Copies a file to an absolute path; its folder must exist. */
  copy(file: string, target: string): Promise<void>;
  readText(file: string): Promise<string>;
}

/** Partition types of FAT: FAT16, FAT32, with and without LBA. */
const fatTypes: readonly number[] = [0x06, 0x0b, 0x0c, 0x0e];

/** Opens the first FAT partition; `folder` is for temporary copies. Throws ERR_IMAGE_INVALID if there is none. */
export async function openBootPartition(
  tools: ToolsTree,
  image: string,
  card: CardLayout,
  folder: string,
): Promise<BootPartition> {
  const partition = card.partitions.find(({ type }) => fatTypes.includes(type));
  if (!partition) throw notReadable(image, 'Its partition table has no FAT partition.');
  const drive = `${image}@@${partition.startBytes}`;
  const copy = async (file: string, target: string) => {
    await runInSandbox({
      tools,
      command: ['mcopy', '-n', '-o', '-i', drive, `::${file}`, target],
      binds: [{ path: dirname(image) }, { path: dirname(target), writable: true }],
      env: mtoolsEnvironment,
    });
  };
  const listed = await runInSandbox({
    tools,
    command: ['mdir', '-/', '-b', '-a', '-i', drive, '::'],
    binds: [{ path: dirname(image) }],
    env: mtoolsEnvironment,
    reject: false,
  });
  if (listed.exitCode !== 0) throw notReadable(image, listed.stderr.trim());
  return {
    files: parseFileList(listed.stdout),
    copy,
    async readText(file) {
      const target = `${folder}/${basename(file)}.text`;
      await copy(file, target);
      return await readFile(target, 'utf8');
    },
  };
}

/** The output of `mdir -b -/`: one path a line, folders end with a slash. */
export function parseFileList(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim().replace(/^[A-Za-z]?::?\/*/, ''))
    .filter((path) => path !== '' && !path.endsWith('/'));
}

const mtoolsEnvironment = { MTOOLS_SKIP_CHECK: '1' };

function notReadable(image: string, why: string): HearthError {
  return new HearthError('ERR_IMAGE_INVALID', {
    what: `${image} has no boot partition that can be read.`,
    why,
  });
}
