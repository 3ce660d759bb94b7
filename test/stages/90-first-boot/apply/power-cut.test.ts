import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runApply } from '../../../../stages/90-first-boot/agent/apply/run-steps.ts';
import { devicePaths } from '../../../../stages/90-first-boot/agent/device/paths.ts';
import type { SetupEvent } from '../../../../stages/90-first-boot/agent/door/protocol.ts';
import { foldEvents } from '../../../../stages/90-first-boot/agent/events/fold.ts';
import { followEvents, readEvents } from '../../../../stages/90-first-boot/agent/events/read-events.ts';
import { phaseOf, readSetup, writeSetup } from '../../../../stages/90-first-boot/agent/store/setup-store.ts';
import { bundleProgram } from '../../../helpers/bundle-program.ts';
import { canary, fakeContext, fakeRoot, fakeSteps, fullSetup } from './fake-setup.ts';

const stepIds = ['a.name', 'a.user', 'b.share', 'b.last'];

let folder: string;
let program: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hearth-applier-'));
  program = await bundleProgram(`${import.meta.dirname}/apply-child.ts`, folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the power is cut', () => {
  it.each([
    ['within', 'torn'],
    ['after', 'after'],
  ])('%s any event: the next start finishes the same run', async (_when, moment) => {
    const events = await onDevice(async (root) => {
      await apply(root);
      return readEvents(devicePaths(root).eventLog).length;
    });
    expect(events).toBeGreaterThan(12);
    const moments = Array.from({ length: events }, (_, index) => index + 1);
    await twoAtATime(moments, (at) =>
      onDevice(async (root) => {
        const killed = await ended(start(root, '0', moment, String(at)));
        expect(killed.signal).toBe('SIGKILL');
        await apply(root);
        expectFinished(root, 1);
      }),
    );
  });

  it('at twenty random moments', async () => {
    const moments = Array.from({ length: 20 }, () => Math.random());
    await twoAtATime(moments, (part) =>
      onDevice(async (root) => {
        const child = start(root, '4');
        const end = ended(child);
        await firstEvent(root, () => true);
        await wait(part * 80);
        child.kill('SIGKILL');
        await end;
        await apply(root);
        expectFinished(root, 1);
      }),
    );
  });
});

describe('the device is shut down', () => {
  it('ends without a failure, and goes on at the next start', async () => {
    await onDevice(async (root) => {
      const child = start(root, '300');
      const end = ended(child);
      await firstEvent(root, (event) => event.type === 'stepProgress');
      child.kill('SIGTERM');

      expect(await end).toMatchObject({ exitCode: 0 });
      const events = readEvents(devicePaths(root).eventLog);
      expect(events.map((event) => event.type)).not.toContain('stepFailed');
      expect(foldEvents(events).state).toBe('running');
      await apply(root);
      expectFinished(root, 1);
    });
  });
});

describe('several appliers at once', () => {
  it('one does the work, also when the one before was killed', async () => {
    await onDevice(async (root) => {
      const killed = start(root, '50');
      const end = ended(killed);
      await firstEvent(root, (event) => event.type === 'stepProgress');
      killed.kill('SIGKILL');
      await end;
      const earlier = readFileSync(join(root, 'runs'), 'utf8').split('\n').length - 1;
      const ends = await Promise.all([1, 2, 3, 4].map(() => ended(start(root, '60'))));

      expect(ends.map((one) => one.exitCode)).toEqual([0, 0, 0, 0]);
      expect(ends.some((one) => one.output.includes('already'))).toBe(true);
      expectFinished(root, 1);
      expect(readFileSync(join(root, 'runs'), 'utf8').split('\n').length - 1).toBe(earlier + stepIds.length);
      expect(readdirSync(devicePaths(root).runFolder).length).toBe(1);
    });
  });
});

/** A device with all answers. */
async function onDevice<T>(use: (root: string) => Promise<T>): Promise<T> {
  const device = fakeRoot();
  writeSetup(devicePaths(device.root), fullSetup);
  try {
    return await use(device.root);
  } finally {
    device.remove();
  }
}

function start(root: string, ...options: readonly string[]): ChildProcess {
  const parts = [program, root, ...options];
  return spawn(process.execPath, parts, { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function ended(child: ChildProcess) {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += text));
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { exitCode, signal, output };
}

/** In this process, which is quicker than to start one. */
async function apply(root: string): Promise<void> {
  const context = fakeContext(root, fakeSteps());

  expect(await runApply(context)).toBe(0);
  expect(context.lines).toEqual([]);
}

async function firstEvent(root: string, is: (event: SetupEvent) => boolean): Promise<void> {
  const signal = AbortSignal.timeout(20_000);
  for await (const event of followEvents(devicePaths(root).eventLog, 0, { signal, pollMs: 10 }))
    if (is(event)) return;
  throw new Error('the event did not come');
}

/** The device is set up, with one run whose log holds true and no answer was lost. */
function expectFinished(root: string, run: number): void {
  const paths = devicePaths(root);
  const events = readEvents(paths.eventLog);
  expect(events.map((event) => event.id)).toEqual(events.map((_event, index) => index + 1));
  expect(new Set(events.map((event) => event.run))).toEqual(new Set([run]));
  let percent = 0;
  for (let end = 1; end <= events.length; end += 1) {
    const view = foldEvents(events.slice(0, end));
    expect(view.percent).toBeGreaterThanOrEqual(percent);
    percent = view.percent;
  }
  const finished = events.filter((event) => event.type === 'stepFinished').map((event) => event.step);
  expect(finished).toEqual(stepIds);
  for (const id of stepIds) {
    const done = events.findIndex((event) => event.type === 'stepFinished' && event.step === id);
    const late = events.slice(done).some((event) => event.type === 'stepStarted' && event.step === id);
    expect(late, `${id} ran again`).toBe(false);
  }
  expect(events.filter((event) => event.type === 'runFinished').length).toBe(1);
  expect(foldEvents(events)).toMatchObject({ state: 'finished', percent: 100, run });
  expect(phaseOf(paths)).toBe('complete');
  expect(readSetup(paths)).toEqual(fullSetup);
  expect(readFileSync(join(root, 'etc/hostname'), 'utf8')).toBe('attic\n');
  expect(readFileSync(join(root, 'etc/shadow'), 'utf8')).toBe(canary);
  expect(statSync(join(root, 'etc/shadow')).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(root, 'users'), 'utf8')).toBe('ada\n');
  expect(existsSync(join(root, 'srv/media/welcome'))).toBe(true);
}

/** The machine has two cores. */
async function twoAtATime<T>(items: readonly T[], use: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await use(item);
  };
  await Promise.all([worker(), worker()]);
}
