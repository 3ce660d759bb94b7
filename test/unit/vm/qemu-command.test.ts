import { describe, expect, it } from 'vitest';
import { type QemuMachine, qemuCommand, quoteCommand } from '../../../builder/vm/qemu-command.ts';

const machine: QemuMachine = {
  board: 'virt',
  kernel: '/tmp/v/kernel',
  initramfs: '/tmp/v/initramfs',
  deviceTree: '/tmp/v/board.dtb',
  kernelCommandLine: 'root=PARTUUID=1a2b3c4d-02 quiet',
  card: '/tmp/v/card.qcow2',
  memoryBytes: 2 * 1024 ** 3,
  forwards: [{ guestPort: 80, hostPort: 40080 }],
  isIsolated: false,
  sockets: { qmp: '/tmp/v/qmp', console: '/tmp/v/console', channel: '/tmp/v/shell' },
  serialLog: '/tmp/v/serial.log',
};

/** The words that follow `flag`, one for each time that it is there. */
function valuesOf(command: readonly string[], flag: string): readonly string[] {
  return command.flatMap((word, index) => (word === flag ? [command[index + 1] ?? ''] : []));
}

describe('qemuCommand', () => {
  it('makes a virtio machine without a device tree of ours', () => {
    const command = qemuCommand(machine);

    expect(valuesOf(command, '-machine')).toEqual(['virt']);
    expect(valuesOf(command, '-m')).toEqual(['2048M']);
    expect(valuesOf(command, '-append')).toEqual(['root=PARTUUID=1a2b3c4d-02 quiet']);
    expect(valuesOf(command, '-netdev')).toEqual(['user,id=lan,hostfwd=tcp:127.0.0.1:40080-:80']);
    expect(command).not.toContain('-dtb');
    expect(command).not.toContain('-loadvm');
  });

  it("gives a Pi the image's device tree and its console on the second port", () => {
    const command = qemuCommand({ ...machine, board: 'raspi3b' });

    expect(valuesOf(command, '-dtb')).toEqual(['/tmp/v/board.dtb']);
    expect(valuesOf(command, '-serial')).toEqual(['null', 'chardev:console']);
    expect(valuesOf(command, '-device')).toEqual(['usb-net,netdev=lan', 'usb-serial,chardev=channel']);
  });

  it('gives a Pi 4 no network, because QEMU has none for it', () => {
    expect(valuesOf(qemuCommand({ ...machine, board: 'raspi4b' }), '-netdev')).toEqual([]);
  });

  it('can keep the guest from the world, start from a snapshot, and set the clock', () => {
    const command = qemuCommand({ ...machine, isIsolated: true, snapshot: 'up', clock: 0 });

    expect(valuesOf(command, '-netdev')[0]).toContain(',restrict=on,');
    expect(valuesOf(command, '-loadvm')).toEqual(['up']);
    expect(valuesOf(command, '-rtc')).toEqual(['base=1970-01-01T00:00:00']);
  });

  it('doubles commas in paths', () => {
    expect(valuesOf(qemuCommand({ ...machine, card: '/tmp/a,b' }), '-drive')[0]).toContain('file=/tmp/a,,b');
  });
});

describe('quoteCommand', () => {
  it('quotes what a shell would change', () => {
    expect(quoteCommand(['qemu', '-m', '2048M', "it's $x"])).toBe("qemu -m 2048M 'it'\\''s $x'");
  });
});
