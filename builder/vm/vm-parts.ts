import { constants, copyFile, rm } from 'node:fs/promises';
import { copyBootFiles, type LoadedFiles } from './boot-files.ts';
import type { Qmp } from './qmp.ts';
import { makeVmFolder } from './vm-folder.ts';

/** Everything that a machine needs on disk. */
export interface VmParts {
  /** A short path of our own: sockets, card and boot files; removed with the machine. */
  readonly folder: string;
  /** The qcow2 overlay. */
  readonly cardFile: string;
  readonly bootFiles: LoadedFiles;
  /** The card holds this snapshot, and the machine goes on from it when first switched on. */
  readonly snapshot?: string;
}

/** Saves a running machine, memory included, into a new folder. The machine stands still meanwhile. */
export async function saveSnapshot(qmp: Qmp, parts: VmParts, name: string): Promise<VmParts> {
  const folder = await makeVmFolder();
  const cardFile = `${folder}/card.qcow2`;
  await qmp.execute('stop');
  await qmp.monitor(`savevm ${name}`);
  await copyFile(parts.cardFile, cardFile, constants.COPYFILE_FICLONE);
  await qmp.monitor(`delvm ${name}`);
  await qmp.execute('cont');
  return { folder, cardFile, bootFiles: await copyBootFiles(parts.bootFiles, folder), snapshot: name };
}

/** A second machine's parts. */
export async function copyParts(parts: VmParts): Promise<VmParts> {
  const folder = await makeVmFolder();
  const cardFile = `${folder}/card.qcow2`;
  await copyFile(parts.cardFile, cardFile, constants.COPYFILE_FICLONE);
  return { ...parts, folder, cardFile, bootFiles: await copyBootFiles(parts.bootFiles, folder) };
}

/** Removes what is large. Logs in the same folder stay. */
export async function removeParts({ cardFile, bootFiles }: VmParts): Promise<void> {
  const { kernel, initramfs, deviceTree } = bootFiles;
  for (const file of [cardFile, kernel, initramfs, deviceTree]) {
    if (file !== undefined) await rm(file, { force: true });
  }
}
