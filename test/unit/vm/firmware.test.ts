import { describe, expect, it } from 'vitest';
import { HearthError } from '../../../builder/errors/hearth-error.ts';
import { findBootFiles } from '../../../builder/vm/firmware.ts';

const config = `# Do not modify this file
arm_64bit=1
enable_uart=1
upstream_kernel=1

kernel=vmlinuz-7.3.4+deb13-arm64
initramfs initrd.img-7.3.4+deb13-arm64
`;

const files = [
  ...['config.txt', 'cmdline.txt', 'start4.elf'],
  ...['vmlinuz-7.3.4+deb13-arm64', 'initrd.img-7.3.4+deb13-arm64'],
  ...['bcm2837-rpi-3-b.dtb', 'bcm2711-rpi-4-b.dtb', 'bcm2712-rpi-5-b.dtb'],
];

function without(...names: string[]): string[] {
  return files.filter((file) => !names.includes(file));
}

function problemOf(text: string, present: readonly string[], model: 'pi3' | 'pi4' = 'pi4'): HearthError {
  try {
    findBootFiles(text, present, model);
  } catch (error) {
    if (error instanceof HearthError) return error;
    throw error;
  }
  throw new Error('no problem was found');
}

describe('findBootFiles', () => {
  it.each([
    ['pi3', 'bcm2837-rpi-3-b.dtb'],
    ['pi4', 'bcm2711-rpi-4-b.dtb'],
    ['pi5', 'bcm2712-rpi-5-b.dtb'],
  ] as const)("finds what Debian's config.txt names on a %s", (model, deviceTree) => {
    const found = findBootFiles(config, files, model);

    expect(found.kernel).toEqual({
      path: 'vmlinuz-7.3.4+deb13-arm64',
      because: 'config.txt line 6: kernel=vmlinuz-7.3.4+deb13-arm64',
    });
    expect(found.initramfs.map(({ path }) => path)).toEqual(['initrd.img-7.3.4+deb13-arm64']);
    expect(found.deviceTree.path).toBe(deviceTree);
    expect(found.cmdline.path).toBe('cmdline.txt');
  });

  it.each([
    ['vmlinuz-7.3.4+deb13-arm64', 'config.txt line 6: kernel=vmlinuz-7.3.4+deb13-arm64'],
    ['initrd.img-7.3.4+deb13-arm64', 'config.txt line 7: initramfs initrd.img-7.3.4+deb13-arm64'],
    ['bcm2711-rpi-4-b.dtb', "the firmware's default for pi4 (config.txt has no device_tree line)"],
    ['cmdline.txt', "the firmware's default"],
  ])('names the missing file and the line: %s', (missing, because) => {
    const problem = problemOf(config, without(missing));

    expect(problem.code).toBe('ERR_IMAGE_INVALID');
    expect(problem.message).toContain(missing);
    expect(problem.why).toContain(because);
  });

  it('ignores case, as FAT does, and gives the name as it is spelled', () => {
    const found = findBootFiles('kernel=VMLINUZ', [...files, 'vmlinuz'], 'pi4');

    expect(found.kernel.path).toBe('vmlinuz');
  });

  it('joins several initramfs files', () => {
    const found = findBootFiles('kernel=k\ninitramfs a,b followkernel', [...files, 'k', 'a', 'b'], 'pi4');

    expect(found.initramfs.map(({ path }) => path)).toEqual(['a', 'b']);
  });

  it('takes kernel8.img and its initramfs if the file names none', () => {
    const present = [...files, 'kernel8.img', 'initramfs8'];

    expect(findBootFiles('', present, 'pi4').initramfs).toEqual([]);
    expect(findBootFiles('auto_initramfs=1', present, 'pi4')).toMatchObject({
      kernel: { path: 'kernel8.img' },
      initramfs: [{ path: 'initramfs8' }],
    });
  });

  it("prefers a Pi 5's own kernel", () => {
    const present = [...files, 'kernel8.img', 'kernel_2712.img', 'initramfs_2712'];

    expect(findBootFiles('auto_initramfs=1', present, 'pi5')).toMatchObject({
      kernel: { path: 'kernel_2712.img' },
      initramfs: [{ path: 'initramfs_2712' }],
    });
    expect(findBootFiles('', present, 'pi4').kernel.path).toBe('kernel8.img');
  });

  it("takes a Pi 3's downstream device tree unless the kernel is upstream", () => {
    const present = [...files, 'kernel8.img', 'bcm2710-rpi-3-b.dtb'];

    expect(findBootFiles('arm_64bit=1', present, 'pi3').deviceTree.path).toBe('bcm2710-rpi-3-b.dtb');
    expect(findBootFiles('arm_64bit=1\nupstream_kernel=1', present, 'pi3').deviceTree.path).toBe(
      'bcm2837-rpi-3-b.dtb',
    );
  });

  it('looks behind os_prefix, and drops it where kernel and device tree are not there', () => {
    const inside = ['new/kernel8.img', 'new/bcm2711-rpi-4-b.dtb', 'new/cmdline.txt'];

    expect(findBootFiles('os_prefix=new/', [...files, 'kernel8.img', ...inside], 'pi4').kernel.path).toBe(
      'new/kernel8.img',
    );
    expect(findBootFiles('os_prefix=old/', [...files, 'kernel8.img', ...inside], 'pi4').kernel.path).toBe(
      'kernel8.img',
    );
  });

  it('wants the overlays that config.txt names', () => {
    const text = `${config}dtoverlay=disable-bt\ndtoverlay=gpio-fan,gpiopin=14\n`;

    expect(problemOf(text, files).message).toContain('overlays/disable-bt.dtbo');
    expect(
      findBootFiles(text, [...files, 'overlays/disable-bt.dtbo', 'overlays/gpio-fan.dtbo'], 'pi4').overlays,
    ).toHaveLength(2);
  });

  it('refuses an image that a Pi 3 would start in 32-bit mode', () => {
    const problem = problemOf('kernel=vmlinuz-7.3.4+deb13-arm64', files, 'pi3');

    expect(problem.message).toContain('32-bit mode');
    expect(problem.todo).toContain('arm_64bit=1');
  });
});
