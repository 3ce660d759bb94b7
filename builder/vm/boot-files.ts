import { appendFile, copyFile, open, readFile } from 'node:fs/promises';
import { HearthError } from '../errors/hearth-error.ts';
import { boardFacts } from './board.ts';
import { openBootPartition } from './boot-partition.ts';
import { type BootFiles, findBootFiles, type NamedFile } from './firmware.ts';
import { checkRootPartition, readKernelArguments } from './kernel-arguments.ts';
import type { VmOptions } from './vm-options.ts';

/** What the firmware would put into memory, as files on the host. */
export interface LoadedFiles {
  readonly kernel: string;
  /** undefined if config.txt names none. */
  readonly initramfs: string | undefined;
  readonly deviceTree: string;
  readonly kernelArguments: readonly string[];
}

/**
 * Does the work of the Raspberry Pi firmware: reads config.txt and cmdline.txt from the image's boot partition, and
 * copies what they name into `folder`. Throws ERR_IMAGE_INVALID if a Pi of this model would not start.
 */
export async function loadBootFiles(options: VmOptions, folder: string): Promise<LoadedFiles> {
  const { tools, image, card, board = 'virt' } = options;
  const { model } = boardFacts[board];
  const partition = await openBootPartition(tools, image, card, folder);
  const config = await readConfig(partition.files, partition.readText);
  const found = findBootFiles(config.text, partition.files, model, (name) => config.includes.get(name));
  const kernelArguments = readKernelArguments(await partition.readText(found.cmdline.path));
  checkRootPartition(kernelArguments, card);
  const [kernel, deviceTree] = [`${folder}/kernel`, `${folder}/board.dtb`];
  await partition.copy(found.kernel.path, kernel);
  await refuseUnknownKernel(kernel, found.kernel);
  await partition.copy(found.deviceTree.path, deviceTree);
  const initramfs = await copyInitramfs(found, partition.copy, folder);
  return { kernel, initramfs, deviceTree, kernelArguments };
}

async function readConfig(
  files: readonly string[],
  readText: (file: string) => Promise<string>,
): Promise<{ text: string; includes: ReadonlyMap<string, string> }> {
  if (!files.includes('config.txt')) {
    throw new HearthError('ERR_IMAGE_INVALID', {
      what: 'The boot partition has no config.txt, so a Raspberry Pi would not start in 64-bit mode.',
      todo: 'Correct the stage that fills /boot/firmware and build again.',
    });
  }
  const includes = new Map<string, string>();
  const read = async (file: string): Promise<string> => {
    const text = await readText(file);
    for (const [, name] of text.matchAll(/^include\s+(\S.*)$/gm)) {
      const included = name?.trim() ?? '';
      if (!files.includes(included) || includes.has(included)) continue;
      includes.set(included, '');
      includes.set(included, await read(included));
    }
    return text;
  };
  return { text: await read('config.txt'), includes };
}

async function copyInitramfs(
  found: BootFiles,
  copy: (file: string, target: string) => Promise<void>,
  folder: string,
): Promise<string | undefined> {
  const [first, ...more] = found.initramfs;
  if (!first) return undefined;
  const target = `${folder}/initramfs`;
  await copy(first.path, target);
  for (const file of more) {
    const part = `${folder}/initramfs.part`;
    await copy(file.path, part);
    await appendFile(target, await readFile(part));
  }
  return target;
}

/** The firmware starts a plain or gzipped arm64 kernel, but none that is packed for UEFI. */
async function refuseUnknownKernel(path: string, named: NamedFile): Promise<void> {
  const header = Buffer.alloc(64);
  const file = await open(path);
  try {
    await file.read(header, 0, header.length, 0);
  } finally {
    await file.close();
  }
  const isPlain = header.toString('latin1', 56, 60) === 'ARMd';
  const isGzipped = header.readUInt16BE(0) === 0x1f8b;
  if (isPlain || isGzipped) return;
  throw new HearthError('ERR_IMAGE_INVALID', {
    what: `${named.path} is no kernel that the Raspberry Pi firmware can start.`,
    why: `It is neither a plain nor a gzipped arm64 kernel; it is named by ${named.because}.`,
    todo: 'Correct the stage that fills /boot/firmware and build again.',
  });
}

/** Copies the boot files of one machine for another one. */
export async function copyBootFiles(files: LoadedFiles, folder: string): Promise<LoadedFiles> {
  const copy = async (path: string) => {
    const target = `${folder}/${path.slice(path.lastIndexOf('/') + 1)}`;
    await copyFile(path, target);
    return target;
  };
  return {
    kernel: await copy(files.kernel),
    initramfs: files.initramfs === undefined ? undefined : await copy(files.initramfs),
    deviceTree: await copy(files.deviceTree),
    kernelArguments: files.kernelArguments,
  };
}
