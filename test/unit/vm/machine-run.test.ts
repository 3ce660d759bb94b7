import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HearthError } from '../../../builder/errors/hearth-error.ts';
import { MachineRun } from '../../../builder/vm/machine-run.ts';
import type { QemuEnd } from '../../../builder/vm/qemu-process.ts';
import { socketPair } from '../../helpers/socket-pair.ts';

/** A machine whose QEMU is played by this test. */
let run: MachineRun;
let consoleEnd: Socket;
let end: (end: QemuEnd) => void;
let lines: string[];
let sockets: Socket[];

beforeEach(async () => {
  const [console, guestConsole] = await socketPair();
  const [qmp, guestQmp] = await socketPair();
  consoleEnd = guestConsole;
  sockets = [console, guestConsole, qmp, guestQmp];
  lines = [];
  const exited = new Promise<QemuEnd>((resolve) => {
    end = resolve;
  });
  run = new MachineRun({
    process: { sockets: { qmp, console, channel: undefined }, exited, kill: () => {} },
    isFromSnapshot: false,
    onSerialLine: (line) => lines.push(line),
    failure: (what, why) => new HearthError('ERR_BOOT_FAILED', { what, why }),
  });
});

afterEach(() => {
  for (const socket of sockets) socket.destroy();
});

const never = new Promise<never>(() => {});

describe('within', () => {
  it('gives the result of the work', async () => {
    expect(await run.within('Waiting', 60_000, Promise.resolve(3))).toBe(3);
  });

  it('fails at once when the kernel panics', async () => {
    const waiting = run.within('Waiting', 60_000, never);
    consoleEnd.write('[ 1.0] fine\n[ 2.0] Kernel panic - not syncing: VFS\n');

    await expect(waiting).rejects.toMatchObject({ code: 'ERR_BOOT_FAILED', why: 'The kernel panicked.' });
    expect(lines).toEqual(['[ 1.0] fine', '[ 2.0] Kernel panic - not syncing: VFS']);
  });

  it('fails at a prompt that has no line end', async () => {
    const waiting = run.within('Waiting', 60_000, never);
    consoleEnd.write('(initramfs) ');

    await expect(waiting).rejects.toMatchObject({ why: 'The initramfs gave up and opened its shell.' });
  });

  it('tells the line of a panic also while its end has not come', async () => {
    const waiting = run.within('Waiting', 60_000, never);
    consoleEnd.write('[ 2.0] Kernel panic - not syncing: sysrq');

    await expect(waiting).rejects.toMatchObject({ why: 'The kernel panicked.' });
    expect(lines).toEqual(['[ 2.0] Kernel panic - not syncing: sysrq']);
  });

  it('fails when QEMU stops, with what it complained about', async () => {
    const waiting = run.within('Waiting', 60_000, never);
    end({ exitCode: 1, stderr: 'qemu: no such device\n' });

    await expect(waiting).rejects.toMatchObject({
      message: 'QEMU stopped by itself.',
      why: 'Exit code 1. qemu: no such device',
    });
  });

  it('fails when the time is over', async () => {
    await expect(run.within('Waiting for the page', 10, never)).rejects.toThrow(
      'Waiting for the page: not within',
    );
  });
});

describe('untilOff', () => {
  it('ends well when the guest switches itself off', async () => {
    const off = run.untilOff();
    end({ exitCode: 0, stderr: '' });

    await expect(off).resolves.toBeUndefined();
  });

  it('fails when QEMU ends with an error', async () => {
    const off = run.untilOff();
    end({ exitCode: 137, stderr: '' });

    await expect(off).rejects.toThrow('QEMU stopped by itself.');
  });
});

describe('report', () => {
  it('reads what a board without a command channel says on its console', async () => {
    consoleEnd.write('HEARTH-REPORT degraded [a.service b.mount ]\n');
    await expect.poll(() => run.report).toEqual({ state: 'degraded', failedUnits: ['a.service', 'b.mount'] });
  });
});
