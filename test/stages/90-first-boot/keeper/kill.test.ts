import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { devicePaths } from '../../../../stages/90-first-boot/agent/device/paths.ts';
import { connectDoor } from '../../../../stages/90-first-boot/agent/door/client.ts';
import { readSetup } from '../../../../stages/90-first-boot/agent/store/setup-store.ts';
import { bundleProgram } from '../../../helpers/bundle-program.ts';

let program: string;
let folder: string;
let child: ChildProcess | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hearth-keeper-kill-'));
  mkdirSync(join(folder, 'root/var/lib/hearth'), { recursive: true });
  mkdirSync(join(folder, 'root/run/hearth'), { recursive: true });
  writeFileSync(join(folder, 'root/var/lib/hearth/setup-code'), 'ACDE-FGHJ-KMNP\n');
  program = await bundleProgram(`${import.meta.dirname}/keeper-child.ts`, folder);
});
afterAll(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<ChildProcess> {
  const options = ['--jitless', '--no-expose-wasm', program, join(folder, 'root')];
  const started = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(started.stdout, 'data');
  return started;
}

it('loses no answer that it said it has, and no session, when it is killed while it keeps one', async () => {
  const paths = devicePaths(join(folder, 'root'));
  const door = connectDoor(paths.keeperSocket);
  child = await start();
  const admission = await door.call('claim', { address: '10.0.0.1', credential: 'ACDE-FGHJ-KMNP' });
  const token = admission.result === 'granted' ? admission.token : '';
  let counter = 0;

  for (let round = 0; round < 6; round += 1) {
    let confirmed = counter;
    const victim = child;
    void wait(150 + 37 * round).then(() => victim.kill('SIGKILL'));
    for (;;) {
      counter += 1;
      const values = { country: 'DE', network: `Home ${counter}` };
      try {
        await door.call('save', { token, topic: 'wifi', values });
        confirmed = counter;
      } catch {
        break;
      }
    }
    const kept = readSetup(paths).answers['wifi'];
    const number = kept?.state === 'answered' ? Number(kept.values['network']?.slice('Home '.length)) : 0;
    expect(confirmed).toBeGreaterThan(0);
    expect([confirmed, confirmed + 1]).toContain(number);
    child = await start();
    expect((await door.call('topics', { token })).topics).toHaveLength(3);
  }
}, 30_000);
