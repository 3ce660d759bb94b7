import { describe, expect, it } from 'vitest';
import {
  checkRootPartition,
  kernelCommandLine,
  readKernelArguments,
} from '../../../builder/vm/kernel-arguments.ts';

const card = {
  diskId: '1a2b3c4d',
  partitions: [
    { number: 1, type: 0x0c, startBytes: 4_194_304, sizeBytes: 1 },
    { number: 2, type: 0x83, startBytes: 541_065_216, sizeBytes: 1 },
  ],
};

describe('readKernelArguments', () => {
  it('splits one line at spaces, but not inside quotes', () => {
    expect(readKernelArguments('console=tty1  root=PARTUUID=1a2b3c4d-02 dyndbg="file a +p"\n')).toEqual([
      'console=tty1',
      'root=PARTUUID=1a2b3c4d-02',
      'dyndbg="file a +p"',
    ]);
  });

  it.each([
    ['root=LABEL=rootfs\nquiet\n', 'cmdline.txt has 2 lines.'],
    ['root=LABEL=rootfs\n\n', 'cmdline.txt has 2 lines.'],
    ['\n', 'cmdline.txt is empty.'],
  ])('refuses %j', (text, what) => {
    expect(() => readKernelArguments(text)).toThrow(what);
  });
});

describe('checkRootPartition', () => {
  it.each(['root=PARTUUID=1a2b3c4d-02', 'root=PARTUUID=1A2B3C4D-02', 'root=LABEL=rootfs'])(
    'accepts %s',
    (root) => {
      expect(() => checkRootPartition([root], card)).not.toThrow();
    },
  );

  it.each([
    [[], 'has no root= argument'],
    [['root=PARTUUID=deadbeef-02'], 'root=PARTUUID=deadbeef-02, and the image has no such partition'],
    [['root=PARTUUID=1a2b3c4d-03'], 'root=PARTUUID=1a2b3c4d-03, and the image has no such partition'],
    [['root=/dev/mmcblk0p2'], 'cmdline.txt says root=/dev/mmcblk0p2'],
  ])('refuses %j', (kernelArguments, what) => {
    expect(() => checkRootPartition(kernelArguments, card)).toThrow(what);
  });
});

describe('kernelCommandLine', () => {
  const own = ['console=serial0,115200', 'console=tty1', 'root=PARTUUID=1a2b3c4d-02', 'rootwait'];

  it("keeps the image's arguments and makes the board's serial port the last console", () => {
    const line = kernelCommandLine(own, 'virt', '[Unit]\n');
    const consoles = line.split(' ').filter((argument) => argument.startsWith('console='));

    expect(line.startsWith('console=tty1 root=PARTUUID=1a2b3c4d-02 rootwait ')).toBe(true);
    expect(consoles).toEqual(['console=tty1', 'console=ttyAMA0,115200']);
  });

  it('hands the unit in as a credential and keeps the login prompt from its device', () => {
    const line = kernelCommandLine(own, 'virt', '[Unit]\n');

    expect(line).toContain(
      `systemd.set_credential_binary=systemd.extra-unit.hearth-vm.service:${Buffer.from('[Unit]\n').toString('base64')} systemd.wants=hearth-vm.service`,
    );
    expect(line).toContain('systemd.mask=serial-getty@hvc0.service');
  });

  it('refuses what Linux on arm64 would cut', () => {
    const long = [...own, `x=${'y'.repeat(2048)}`];

    expect(() => kernelCommandLine(long, 'raspi3b', '[Unit]\n')).toThrow(/characters long/);
  });
});
