import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GuestChannel } from '../../../builder/vm/guest-channel.ts';
import { socketPair } from '../../helpers/socket-pair.ts';

/** The guest's side of the line is played by this test. */
let channel: GuestChannel;
let guest: Socket;
let heard: string;

beforeEach(async () => {
  const [near, far] = await socketPair();
  channel = new GuestChannel(near, false);
  guest = far;
  heard = '';
  guest.on('data', (data) => {
    heard += String(data);
  });
});

afterEach(() => {
  guest.destroy();
});

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

describe('GuestChannel', () => {
  it('teaches a new shell before it is ready, and matches answers by number', async () => {
    guest.write('\nHEARTH-READY boot-1\n');
    await channel.ready();
    await expect.poll(() => heard).toContain('hearth_call()');

    const [first, second] = [channel.call('echo 1', 10), channel.call('echo 2', 10)];
    await expect.poll(() => heard).toContain(`hearth_call 2 10 ${base64('echo 2')}`);
    guest.write(
      `noise\nHEARTH-ANSWER 2 0 ${base64('2\n')} .\nHEARTH-ANSWER 1 3 ${base64('1\n')} ${base64('x')}.\n`,
    );

    expect(await second).toEqual({ exitCode: 0, stdout: '2\n', stderr: '' });
    expect(await first).toEqual({ exitCode: 3, stdout: '1\n', stderr: 'x' });
  });

  it('takes an answer that comes in pieces', async () => {
    guest.write('HEARTH-READY boot-1\n');
    await channel.ready();
    const call = channel.call('true', 10);
    for (const piece of ['HEARTH-ANS', 'WER 1 0 ', `${base64('done')} `, '.', '\n']) {
      await new Promise((resolve) => guest.write(piece, resolve));
    }

    expect((await call).stdout).toBe('done');
  });

  it('gives up a command when the guest has restarted, and knows the new start', async () => {
    guest.write('HEARTH-READY boot-1\n');
    await channel.ready();
    const call = channel.call('reboot', 10);
    const again = channel.ready('boot-1');
    guest.write('HEARTH-READY boot-2\n');

    await expect(call).rejects.toThrow('The guest was restarted');
    await again;
    expect(channel.bootId).toBe('boot-2');
  });

  it('gives up when the line is closed', async () => {
    guest.write('HEARTH-READY boot-1\n');
    await channel.ready();
    const call = channel.call('true', 10);
    guest.destroy();

    await expect(call).rejects.toThrow('closed');
  });
});
