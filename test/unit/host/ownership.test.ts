import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  currentOwner,
  judgeOwner,
  ownerSuffix,
  parseOwner,
  parseStat,
  workFolderName,
} from '../../../builder/host/ownership.ts';
import { startProcess } from '../../../builder/host/process.ts';

describe('parseOwner', () => {
  it('finds in a name who made it', () => {
    expect(parseOwner(workFolderName())).toEqual(currentOwner());
    expect(parseOwner(`hearth.img.draft-${ownerSuffix()}-0a1b2c3d`)).toEqual(currentOwner());
  });

  it('reads whatever was written', () => {
    const hex = fc.stringMatching(/^[0-9a-f]{6}$/);
    const owners = fc.record({
      pid: fc.nat(4_194_304),
      startTicks: fc.maxSafeNat(),
      place: fc.record({ machine: hex, boot: hex, pidNamespace: fc.nat() }),
    });
    fc.assert(
      fc.property(owners, (owner) => {
        expect(parseOwner(`x.draft-${ownerSuffix(owner)}-0a1b2c3d`)).toEqual(owner);
      }),
    );
  });

  it.each(['work-123-abc', 'work-123', 'x.draft-123-0a1b2c3d', 'my.draft-notes', 'work-shop', 'result'])(
    'finds none in %s',
    (name) => {
      expect(parseOwner(name)).toBeUndefined();
    },
  );
});

describe('judgeOwner', () => {
  it('knows itself, and a child that is waited for no more', async () => {
    expect(await judgeOwner(currentOwner())).toBe('running');
    // The shell's child ends and stays a zombie: the shell became a program that does not wait for it.
    const parent = startProcess(['sh', '-c', 'sleep 0.05 & echo $!; exec sleep 5'], { output: 'stream' });
    const pid = Number(String(await new Promise((resolve) => parent.stdout?.once('data', resolve))));
    const { place } = currentOwner();
    const startTicks = parseStat(await readStat(pid))?.startTicks ?? -1;
    expect(startTicks).toBeGreaterThan(0);

    await expect.poll(async () => parseStat(await readStat(pid))?.state).toBe('Z');
    expect(await judgeOwner({ pid, startTicks, place })).toBe('gone');
    parent.kill('SIGKILL');
    await parent.exited;
  });
});

describe('parseStat', () => {
  it('is not misled by brackets and blanks in the name of a program', () => {
    const fields = Array.from({ length: 18 }, (_, index) => index + 4).join(' ');

    expect(parseStat(`7 (a) R (b) S ${fields} 12345 0 0`)).toEqual({ state: 'S', startTicks: 12_345 });
    expect(parseStat('')).toBeUndefined();
  });
});

async function readStat(pid: number): Promise<string> {
  return await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
}
