import { mkdir, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import { findMirror } from '../../builder/host/mirror.ts';
import { ensureToolsTree, type ToolsTree } from '../../builder/host/tools-tree.ts';
import type { ImageManifest } from '../../builder/image/manifest.ts';
import { readPartitionTable } from '../../builder/image/partition-table.ts';
import { startVm } from '../../builder/vm/start-vm.ts';
import type { Vm } from '../../builder/vm/vm.ts';
import type { VmOptions } from '../../builder/vm/vm-options.ts';

export const gibibyte = 1024 ** 3;

const projectDir = resolve(import.meta.dirname, '../..');

/** The image under test: HEARTH_TEST_IMAGE, which `scripts/test` sets after it has built. */
export function testImage(): string {
  return resolve(process.env['HEARTH_TEST_IMAGE'] ?? `${projectDir}/dist/hearth.img`);
}

/** `scripts/test boot --exhaustive` runs the dear tests too. */
export const isExhaustive = process.env['HEARTH_EXHAUSTIVE'] === '1';

/** Multiplies every limit: for computers that are slower than two idle cores. */
export const slowness = Number(process.env['BOOT_TEST_SLOWNESS'] ?? 1);

export async function testTools(): Promise<ToolsTree> {
  const cacheDir = resolve(process.env['HEARTH_CACHE_DIR'] ?? `${homedir()}/.cache/hearth`);
  return await ensureToolsTree({ cacheDir, mirror: () => findMirror({}) });
}

/** The manifest beside the image. Fails with the command to run if there is no image. */
export async function testManifest(): Promise<ImageManifest> {
  const image = testImage();
  const path = `${dirname(image)}/${basename(image, '.img')}.manifest.json`;
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Error(
      `There is no ${path}. Run scripts/build, or set HEARTH_TEST_IMAGE to an image that it made.`,
    );
  });
  return JSON.parse(text) as ImageManifest;
}

/** Starts the image under test, or a prepared copy of it. `name` is the folder of its logs, which stays. */
export async function startTestVm(
  name: string,
  options: Omit<VmOptions, 'tools' | 'image' | 'card' | 'logFolder'> & { readonly image?: string } = {},
): Promise<Vm> {
  const image = options.image ?? testImage();
  return await startVm({
    tools: await testTools(),
    card: await readPartitionTable(image),
    logFolder: await testLogFolder(name),
    slowness,
    // A device must come up without the Internet; nothing that a test sees may depend on it.
    isIsolated: true,
    ...options,
    image,
  });
}

/** An empty folder for the evidence of one machine, beside the image. */
export async function testLogFolder(name: string): Promise<string> {
  const folder = `${dirname(testImage())}/logs/boot-test/${name}`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}
