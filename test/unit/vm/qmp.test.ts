import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Qmp } from '../../../builder/vm/qmp.ts';
import { socketPair } from '../../helpers/socket-pair.ts';

/** QEMU's side is played by this test: it answers each command with the next of `replies`. */
let qmp: Qmp;
let qemu: Socket;
let commands: string[];
let replies: object[];

beforeEach(async () => {
  const [near, far] = await socketPair();
  qmp = new Qmp(near);
  qemu = far;
  commands = [];
  replies = [{ return: {} }];
  qemu.on('data', (data) => {
    for (const line of String(data).trim().split('\n')) {
      commands.push(line);
      qemu.write(`{"event":"RESUME"}\n${JSON.stringify(replies.shift() ?? { return: {} })}\n`);
    }
  });
  qemu.write('{"QMP":{"version":{}}}\n');
  await qmp.negotiate();
});

afterEach(() => {
  qemu.destroy();
});

describe('Qmp', () => {
  it('negotiates first, and skips events between answers', async () => {
    replies = [{ return: { running: true } }];

    expect(await qmp.execute('query-status')).toEqual({ running: true });
    expect(commands.map((line) => JSON.parse(line).execute)).toEqual(['qmp_capabilities', 'query-status']);
  });

  it('throws what QEMU complains about', async () => {
    replies = [
      { error: { class: 'GenericError', desc: 'no such command' } },
      { return: 'Error: no disk\r\n' },
    ];

    await expect(qmp.execute('x')).rejects.toThrow('no such command');
    await expect(qmp.monitor('savevm a')).rejects.toThrow('Error: no disk');
  });

  it('gives up when QEMU ends', async () => {
    qemu.removeAllListeners('data');
    const waiting = qmp.execute('quit');
    qemu.destroy();

    await expect(waiting).rejects.toThrow('closed');
    await expect(qmp.execute('stop')).rejects.toThrow('closed');
  });
});
