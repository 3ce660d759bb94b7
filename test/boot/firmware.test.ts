import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runInSandbox } from '../../builder/host/sandbox.ts';
import { type PartitionTable, readPartitionTable } from '../../builder/image/partition-table.ts';
import { loadBootFiles } from '../../builder/vm/boot-files.ts';
import { type BootPartition, openBootPartition } from '../../builder/vm/boot-partition.ts';
import { findBootFiles } from '../../builder/vm/firmware.ts';
import { checkRootPartition, readKernelArguments } from '../../builder/vm/kernel-arguments.ts';
import type { VmOptions } from '../../builder/vm/vm-options.ts';
import { testImage, testManifest, testTools } from '../helpers/vm.ts';

/**
 * QEMU does not run the Pi's firmware, so what it would read is tested as data, for all models of Pi.
 * No machine is started here.
 */
let tools: VmOptions['tools'];
let card: PartitionTable;
let partition: BootPartition;
let folder: string;

beforeAll(async () => {
  tools = await testTools();
  card = await readPartitionTable(testImage());
  folder = await mkdtemp(`${tmpdir()}/hearth-firmware-`);
  partition = await openBootPartition(tools, testImage(), card, folder);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("the image's boot partition", () => {
  it.each(['pi3', 'pi4', 'pi5'] as const)('has all that the firmware of a %s loads', async (model) => {
    const config = await partition.readText('config.txt');

    const found = findBootFiles(config, partition.files, model);

    expect(found.kernel.path).toMatch(/^vmlinuz-/);
    expect(found.initramfs).toHaveLength(1);
    expect(found.deviceTree.path).toMatch(/\.dtb$/);
  });

  it.each(['start.elf', 'fixup.dat', 'start4.elf', 'fixup4.dat', 'bootcode.bin'])(
    'has the firmware file %s',
    (file) => {
      expect(partition.files).toContain(file);
    },
  );

  it('names the root partition by the disk id of the manifest', async () => {
    const kernelArguments = readKernelArguments(await partition.readText('cmdline.txt'));

    expect(() => checkRootPartition(kernelArguments, card)).not.toThrow();
    expect(kernelArguments).toContain(`root=PARTUUID=${(await testManifest()).diskId}-02`);
  });

  it('belongs to an image that is byte for byte the one of the manifest', async () => {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(testImage(), { highWaterMark: 4 * 1024 ** 2 }))
      hash.update(chunk);

    expect(hash.digest('hex')).toBe((await testManifest()).sha256);
  });
});

describe('an image whose boot partition is not right', () => {
  /** The beginning of the image, up to the end of its boot partition, with one file changed. */
  async function problemWith(change: readonly string[], file?: string): Promise<unknown> {
    const image = `${folder}/broken.img`;
    const boot = card.partitions[0];
    if (!boot) throw new Error('the image has no partition');
    const end = boot.startBytes + boot.sizeBytes - 1;
    await pipeline(createReadStream(testImage(), { end }), createWriteStream(image));
    if (file !== undefined) await writeFile(`${folder}/new.txt`, file);
    await runInSandbox({
      tools,
      command: change.map((word) => word.replace('DRIVE', `${image}@@${boot.startBytes}`)),
      binds: [{ path: folder, writable: true }],
      cwd: folder,
      env: { MTOOLS_SKIP_CHECK: '1' },
    });
    try {
      return await loadBootFiles({ tools, image, card }, folder);
    } catch (error) {
      return error;
    }
  }

  it('is refused without its kernel, with the line of config.txt', async () => {
    const kernel = partition.files.find((file) => file.startsWith('vmlinuz-')) ?? '';

    const problem = await problemWith(['mdel', '-i', 'DRIVE', `::${kernel}`]);

    expect(problem).toMatchObject({ code: 'ERR_IMAGE_INVALID', message: expect.stringContaining(kernel) });
    expect((problem as { why: string }).why).toMatch(/config\.txt line \d+: kernel=vmlinuz-/);
  });

  it('is refused with another root partition', async () => {
    const text = 'root=PARTUUID=deadbeef-02 rootwait\n';

    const problem = await problemWith(['mcopy', '-o', '-i', 'DRIVE', 'new.txt', '::cmdline.txt'], text);

    expect(problem).toMatchObject({ message: expect.stringContaining('PARTUUID=deadbeef-02') });
  });

  it('is refused with a second line in cmdline.txt', async () => {
    const text = `root=PARTUUID=${card.diskId}-02\nquiet\n`;

    const problem = await problemWith(['mcopy', '-o', '-i', 'DRIVE', 'new.txt', '::cmdline.txt'], text);

    expect(problem).toMatchObject({ message: 'cmdline.txt has 2 lines.' });
  });

  it('is refused with a kernel that is none', async () => {
    const kernel = partition.files.find((file) => file.startsWith('vmlinuz-')) ?? '';

    const problem = await problemWith(
      ['mcopy', '-o', '-i', 'DRIVE', 'new.txt', `::${kernel}`],
      'x'.repeat(512),
    );

    expect(problem).toMatchObject({
      message: expect.stringContaining('no kernel that the Raspberry Pi firmware'),
    });
  });
});
