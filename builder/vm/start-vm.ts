import { mkdir, rm } from 'node:fs/promises';
import { loadBootFiles } from './boot-files.ts';
import { makeCard } from './card.ts';
import { Vm } from './vm.ts';
import { makeVmFolder } from './vm-folder.ts';
import type { VmOptions } from './vm-options.ts';
import type { VmParts } from './vm-parts.ts';

/**
 * Starts an image in QEMU, as a Raspberry Pi's firmware would, and returns at once: use `waitForBoot` or
 * `waitForHttp`. Throws ERR_IMAGE_INVALID if a Pi would not start from this image, ERR_BOOT_FAILED if QEMU does not.
 */
export async function startVm(options: VmOptions): Promise<Vm> {
  if (options.logFolder !== undefined) {
    await mkdir(options.logFolder, { recursive: true });
    // QEMU goes on writing at its end, so that all starts of one machine are in it.
    await rm(`${options.logFolder}/serial.log`, { force: true });
  }
  const folder = await makeVmFolder();
  const vm = new Vm(options, await prepareParts(options, folder));
  try {
    await vm.powerOn();
    return vm;
  } catch (error) {
    await vm[Symbol.asyncDispose]();
    throw error;
  }
}

async function prepareParts(options: VmOptions, folder: string): Promise<VmParts> {
  const cardFile = `${folder}/card.qcow2`;
  try {
    const bootFiles = await loadBootFiles(options, folder);
    await makeCard(options, cardFile);
    return { folder, cardFile, bootFiles };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}
