import { constants, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { runInSandbox } from '../../builder/host/sandbox.ts';
import { readPartitionTable } from '../../builder/image/partition-table.ts';
import { testImage, testTools } from './vm.ts';

/** A copy of the image under test with more on its boot partition, as a person leaves it who had the card in a computer. */
export interface PreparedCard {
  readonly image: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Puts files on a copy of the image's FAT partition, with mtools. `kernelWords` are added to cmdline.txt, as Raspberry
 * Pi Imager does.
 */
export async function prepareCard(
  files: Readonly<Record<string, string>>,
  kernelWords: readonly string[] = [],
): Promise<PreparedCard> {
  const folder = await mkdtemp(`${tmpdir()}/hearth-card-`);
  const image = `${folder}/card.img`;
  await copyFile(testImage(), image, constants.COPYFILE_FICLONE);
  const { partitions } = await readPartitionTable(image);
  const drive = `${image}@@${partitions[0]?.startBytes ?? 0}`;
  const tools = await testTools();
  const mtools = async (...command: readonly string[]) => {
    const binds = [{ path: dirname(image), writable: true }];
    await runInSandbox({ tools, command: [...command], binds, env: { MTOOLS_SKIP_CHECK: '1' } });
  };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(`${folder}/file`, content);
    await mtools('mcopy', '-o', '-i', drive, `${folder}/file`, `::${name}`);
  }
  if (kernelWords.length > 0) {
    await mtools('mcopy', '-n', '-o', '-i', drive, '::cmdline.txt', `${folder}/cmdline`);
    await addWords(`${folder}/cmdline`, kernelWords);
    await mtools('mcopy', '-o', '-i', drive, `${folder}/cmdline`, '::cmdline.txt');
  }
  return {
    image,
    [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true, force: true }),
  };
}

async function addWords(path: string, words: readonly string[]): Promise<void> {
  const line = (await readFile(path, 'utf8')).trimEnd();
  await writeFile(path, `${[line, ...words].join(' ')}\n`);
}
