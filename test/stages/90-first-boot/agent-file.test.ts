import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { devicePaths } from '../../../stages/90-first-boot/agent/device/paths.ts';
import { emptySetup, writeSetup } from '../../../stages/90-first-boot/agent/store/setup-store.ts';
import { bundleAgent, fakeDevice, runAgent, startAgent } from '../90-first-boot-device.ts';

/** The one file of the device, with the setups of all stages, as the units start it: without a compiler. */
const folder = mkdtempSync(join(tmpdir(), 'hearth-agent-'));
const { root, remove } = fakeDevice();
const paths = devicePaths(root);
let bundle: string;
let keeper: ChildProcess;
let web: ChildProcess;
let origin: string;

beforeAll(async () => {
  bundle = await bundleAgent(folder);
  mkdirSync(paths.runFolder, { recursive: true });
  expect((await runAgent(bundle, 'setup-code', '--root', root)).exitCode).toBe(0);
  // This computer may run for days: the hour after the start counts for the first claim only.
  writeSetup(paths, { ...emptySetup, isClaimed: true });
  keeper = startAgent(bundle, 'keeper', '--root', root, '--listen', paths.keeperSocket, '--idle-exit-s', '3');
  await vi.waitUntil(() => existsSync(paths.keeperSocket), { timeout: 20_000 });
  web = startAgent(bundle, 'web', '--root', root, '--listen', '127.0.0.1:0', '--idle-exit-s', '3');
  const [line] = (await once(web.stdout as NodeJS.EventEmitter, 'data')) as [Buffer];
  origin = `http://127.0.0.1:${/:(\d+)\n/.exec(line.toString())?.[1]}`;
});

afterAll(() => {
  keeper?.kill();
  web?.kill();
  remove();
  rmSync(folder, { recursive: true });
});

describe('the agent as one file', () => {
  it('needs nothing but Node, and is small', () => {
    const imported = [
      ...readFileSync(bundle, 'utf8').matchAll(/\b(?:import|export)[\w$*\s{},]+from ?"([^"]+)"/g),
    ].map(([, name]) => name);

    expect(imported.filter((name) => !name?.startsWith('node:'))).toEqual([]);
    expect(statSync(bundle).size).toBeLessThan(1_250_000);
  });

  it('claims with the code over both processes, and asks the first question', async () => {
    const code = readFileSync(paths.setupCode, 'utf8').trim();
    const claimed = await fetch(`${origin}/claim`, {
      method: 'POST',
      redirect: 'manual',
      headers: { Origin: origin, 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ code }).toString(),
    });
    const cookie = claimed.headers.get('set-cookie')?.split(';')[0] ?? '';
    const page = await fetch(`${origin}/setup/locale`, { headers: { Cookie: cookie } });

    expect(claimed.status).toBe(303);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('name="language"');
  });

  it('takes at most 20 MB of memory for itself in each process', () => {
    for (const child of [keeper, web]) expect(privateBytes(child)).toBeLessThan(20_000_000);
  });

  it('is gone when nobody is there', async () => {
    const codes = await Promise.all(
      [keeper, web].map(async (child) => child.exitCode ?? (await once(child, 'exit'))[0]),
    );

    expect(codes).toEqual([0, 0]);
  });

  it.each([[], ['unknown'], ['constructor']])('says how it is used: %s', async (...words) => {
    const { exitCode, output } = await runAgent(bundle, ...words);

    expect(exitCode).toBe(2);
    expect(output).toContain('Usage: agent.mjs');
  });
});

/** Memory that the process alone has, in bytes: what was written to, not the program's own pages. */
function privateBytes({ pid }: ChildProcess): number {
  const shares = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Private_Dirty:\s+(\d+) kB$/m.exec(shares)?.[1]) * 1024;
}
