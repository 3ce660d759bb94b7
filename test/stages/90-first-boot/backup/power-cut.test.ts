import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeBackup } from '../../../../stages/90-first-boot/agent/backup/save.ts';
import { verifyBackup } from '../../../../stages/90-first-boot/agent/backup/verify.ts';
import { bundleProgram } from '../../../helpers/bundle-program.ts';
import { backupDevice, folder } from './backup-device.ts';

let programs: string;
let program: string;

beforeAll(async () => {
  programs = mkdtempSync(join(tmpdir(), 'hearth-backup-cut-'));
  program = await bundleProgram(`${import.meta.dirname}/backup-child.ts`, programs);
});

afterAll(() => rmSync(programs, { recursive: true, force: true }));

it.each([
  ['being saved', 0],
  ['being written', 1],
  ['nearly whole', 12_000_000],
])(
  'leaves the older backup whole when the power is cut while the new one is %s, and the next run clears up',
  async (_moment, sizeBytes) => {
    const device = backupDevice({ isEncrypted: true, keep: 2 });
    try {
      device.write('/etc/notes', 'note one');
      device.write('/srv/pictures/large.bin', 'x'.repeat(16_000_000));
      const first = await device.run(makeBackup);
      await killWhen(device.root, () => largestNew(device.root, first.name) >= sizeBytes);
      const all = await device.run(async (run) => await run.target.list(run.task.signal));
      expect(all.map(({ name }) => name)).toEqual([first.name]);
      const { backup } = await device.run(async (run) => await verifyBackup(run, first.name));
      expect(backup.sizeBytes).toBe(first.sizeBytes);
      device.at.time = new Date('2026-11-24T03:00:00Z');
      const next = await device.run(makeBackup);
      const names = readdirSync(join(device.root, folder));
      expect(names.toSorted()).toEqual([first.name, next.name].toSorted());
      expect(existsSync(device.context.paths.backupWork)).toBe(false);
      expect((await device.run(async (run) => await verifyBackup(run))).tried).toEqual(['notes']);
    } finally {
      device.remove();
    }
  },
);

async function killWhen(root: string, isTime: () => boolean): Promise<void> {
  const child = spawn(process.execPath, [program, root], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  await once(child.stdout, 'data');
  while (!isTime() && child.exitCode === null) await wait(1);
  child.kill('SIGKILL');
  const [, signal] = (await closed) as [number | null, NodeJS.Signals | null];
  expect(signal).toBe('SIGKILL');
}

/** Size of the largest file beside the first backup: what has come of the new one. */
function largestNew(root: string, first: string): number {
  const place = join(root, folder);
  const others = readdirSync(place).filter((name) => name !== first);
  return Math.max(
    0,
    ...others.map((name) => statSync(join(place, name), { throwIfNoEntry: false })?.size ?? 0),
  );
}
