import { HearthError } from '../errors/hearth-error.ts';
import type { PiModel } from './board.ts';
import { describeSetting, type FirmwareSetting, lastSetting, readFirmwareConfig } from './firmware-config.ts';

/** A file of the boot partition and the reason why the firmware reads it. */
export interface NamedFile {
  /** As the partition spells it, without a leading slash. */
  readonly path: string;
  /** The line of config.txt, or the firmware's own rule. */
  readonly because: string;
}

/** What the firmware loads, and would hand over to the kernel. */
export interface BootFiles {
  readonly kernel: NamedFile;
  /** More than one is joined in this order. */
  readonly initramfs: readonly NamedFile[];
  readonly deviceTree: NamedFile;
  readonly cmdline: NamedFile;
  /** Overlays that config.txt names. The firmware merges them into the device tree; QEMU starts without them. */
  readonly overlays: readonly NamedFile[];
}

interface ModelRules {
  readonly kernels: readonly string[];
  readonly deviceTrees: readonly string[];
  readonly upstreamDeviceTrees: readonly string[];
  readonly startsIn64Bit: boolean;
}

const modelRules: Readonly<Record<PiModel, ModelRules>> = {
  pi3: {
    kernels: ['kernel8.img'],
    deviceTrees: ['bcm2710-rpi-3-b.dtb'],
    upstreamDeviceTrees: ['bcm2837-rpi-3-b.dtb'],
    startsIn64Bit: false,
  },
  pi4: {
    kernels: ['kernel8.img'],
    deviceTrees: ['bcm2711-rpi-4-b.dtb'],
    upstreamDeviceTrees: ['bcm2711-rpi-4-b.dtb'],
    startsIn64Bit: true,
  },
  pi5: {
    kernels: ['kernel_2712.img', 'kernel8.img'],
    deviceTrees: ['bcm2712-rpi-5-b.dtb', 'bcm2712d0-rpi-5-b.dtb'],
    upstreamDeviceTrees: ['bcm2712-rpi-5-b.dtb', 'bcm2712-d-rpi-5-b.dtb'],
    startsIn64Bit: true,
  },
};

/**
 * Finds what the firmware of `model` would load from a boot partition with these files.
 * Throws ERR_IMAGE_INVALID naming the missing file and the line of config.txt that asks for it.
 */
export function findBootFiles(
  config: string,
  files: readonly string[],
  model: PiModel,
  readInclude?: (name: string) => string | undefined,
): BootFiles {
  const settings = readFirmwareConfig(config, model, readInclude);
  const rules = modelRules[model];
  refuse32Bit(settings, rules, model);
  const folder = new BootFolder(files, prefixOf(settings, rules, files));
  const kernel = findKernel(settings, rules, folder, model);
  return {
    kernel,
    initramfs: findInitramfs(settings, folder, kernel),
    deviceTree: findDeviceTree(settings, rules, folder, model),
    cmdline: findCmdline(settings, folder),
    overlays: findOverlays(settings, folder),
  };
}

/** Names on a FAT partition ignore case. */
class BootFolder {
  readonly #byName: ReadonlyMap<string, string>;
  readonly prefix: string;

  constructor(files: readonly string[], prefix: string) {
    this.#byName = new Map(files.map((file) => [normalize(file), file]));
    this.prefix = prefix;
  }

  find(name: string): string | undefined {
    return this.#byName.get(normalize(this.prefix + name));
  }

  require(name: string, because: string): NamedFile {
    const path = this.find(name);
    if (path !== undefined) return { path, because };
    throw new HearthError('ERR_IMAGE_INVALID', {
      what: `The boot partition has no file ${this.prefix}${name}, so a Raspberry Pi would not start.`,
      why: `The firmware looks for it because of ${because}.`,
      todo: 'Correct the stage that fills /boot/firmware and build again.',
      details: `The boot partition holds: ${[...this.#byName.values()].sort().join(' ') || 'nothing'}`,
    });
  }
}

function normalize(name: string): string {
  return name
    .replace(/^\/+/, '')
    .replace(/\/{2,}/g, '/')
    .toLowerCase();
}

function isOn(settings: readonly FirmwareSetting[], key: string): boolean {
  return Number(lastSetting(settings, key)?.value ?? 0) !== 0;
}

function refuse32Bit(settings: readonly FirmwareSetting[], rules: ModelRules, model: PiModel): void {
  const setting = lastSetting(settings, 'arm_64bit');
  if (setting ? Number(setting.value) !== 0 : rules.startsIn64Bit) return;
  throw new HearthError('ERR_IMAGE_INVALID', {
    what: `A Raspberry Pi ${model.slice(2)} would start this image in 32-bit mode, and its kernel is 64-bit.`,
    why: setting ? `Of ${describeSetting(setting)}.` : 'config.txt does not say arm_64bit=1 for this model.',
    todo: 'Add arm_64bit=1 to config.txt in the stage that writes it.',
  });
}

/** The firmware drops os_prefix if it finds no kernel and device tree behind it. */
function prefixOf(settings: readonly FirmwareSetting[], rules: ModelRules, files: readonly string[]): string {
  const prefix =
    lastSetting(settings, 'os_prefix')?.value ?? (isOn(settings, 'upstream_kernel') ? 'upstream/' : '');
  const folder = new BootFolder(files, prefix);
  const kernels = lastSetting(settings, 'kernel')?.value;
  const trees = lastSetting(settings, 'device_tree')?.value;
  const hasKernel = (kernels ? [kernels] : rules.kernels).some((name) => folder.find(name));
  const hasTree = (trees ? [trees] : [...rules.deviceTrees, ...rules.upstreamDeviceTrees]).some((name) =>
    folder.find(name),
  );
  return hasKernel && hasTree ? prefix : '';
}

function findKernel(
  settings: readonly FirmwareSetting[],
  rules: ModelRules,
  folder: BootFolder,
  model: PiModel,
): NamedFile {
  const setting = lastSetting(settings, 'kernel');
  if (setting) return folder.require(setting.value, describeSetting(setting));
  const because = `the firmware's default for ${model} (config.txt has no kernel line)`;
  return firstOf(rules.kernels, folder, because);
}

function findInitramfs(
  settings: readonly FirmwareSetting[],
  folder: BootFolder,
  kernel: NamedFile,
): readonly NamedFile[] {
  const setting = lastSetting(settings, 'initramfs') ?? lastSetting(settings, 'ramfsfile');
  if (setting) {
    // "initramfs FILE[,FILE] followkernel", or an address, or nothing behind the names.
    const names = setting.value.split(/\s+/)[0] ?? '';
    return names
      .split(',')
      .filter((name) => name !== '')
      .map((name) => folder.require(name, describeSetting(setting)));
  }
  if (!isOn(settings, 'auto_initramfs')) return [];
  const base = kernel.path.slice(folder.prefix.length);
  const name = base.replace(/^kernel/, 'initramfs').replace(/\.img$/, '');
  const path = name === base ? undefined : folder.find(name);
  return path === undefined ? [] : [{ path, because: 'config.txt: auto_initramfs' }];
}

function findDeviceTree(
  settings: readonly FirmwareSetting[],
  rules: ModelRules,
  folder: BootFolder,
  model: PiModel,
): NamedFile {
  const setting = lastSetting(settings, 'device_tree');
  if (setting) return folder.require(setting.value, describeSetting(setting));
  const names = isOn(settings, 'upstream_kernel')
    ? rules.upstreamDeviceTrees
    : [...rules.deviceTrees, ...rules.upstreamDeviceTrees];
  return firstOf(names, folder, `the firmware's default for ${model} (config.txt has no device_tree line)`);
}

function findCmdline(settings: readonly FirmwareSetting[], folder: BootFolder): NamedFile {
  const setting = lastSetting(settings, 'cmdline');
  if (setting) return folder.require(setting.value, describeSetting(setting));
  return folder.require('cmdline.txt', "the firmware's default");
}

function findOverlays(settings: readonly FirmwareSetting[], folder: BootFolder): readonly NamedFile[] {
  return settings
    .filter((setting) => setting.key === 'dtoverlay' && setting.value !== '')
    .map((setting) => {
      const name = /^[^,:]*/.exec(setting.value)?.[0] ?? '';
      return folder.require(`overlays/${name}.dtbo`, describeSetting(setting));
    });
}

function firstOf(names: readonly string[], folder: BootFolder, because: string): NamedFile {
  const present = names.find((name) => folder.find(name) !== undefined);
  return folder.require(present ?? names[0] ?? '', because);
}
