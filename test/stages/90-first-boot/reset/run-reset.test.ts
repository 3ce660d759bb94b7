import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { takeLock } from '../../../../stages/90-first-boot/agent/apply/lock.ts';
import { runApply } from '../../../../stages/90-first-boot/agent/apply/run-steps.ts';
import { devicePaths } from '../../../../stages/90-first-boot/agent/device/paths.ts';
import { removeDurably } from '../../../../stages/90-first-boot/agent/files/durable-folder.ts';
import {
  type ResetOptions,
  requestReset,
  runReset,
} from '../../../../stages/90-first-boot/agent/reset/run-reset.ts';
import type { SetupStep } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { readOrMakeSetupCode } from '../../../../stages/90-first-boot/agent/setup-code/store.ts';
import { phaseOf, writeSetup } from '../../../../stages/90-first-boot/agent/store/setup-store.ts';
import { canary, fakeContext, fakeRoot, fakeSteps, fullSetup, step } from '../apply/fake-setup.ts';

let root: string;
let folder: string;

beforeEach(() => {
  const device = fakeRoot();
  folder = mkdtempSync(join(tmpdir(), 'hearth-reset-'));
  root = device.root;
  return () => {
    device.remove();
    rmSync(folder, { recursive: true, force: true });
  };
});

describe('runReset', () => {
  it('takes everything back, the last step first, and makes a new code', async () => {
    const before = await setUp();
    const undone: string[] = [];
    expect(await reset(withUndo((id) => undone.push(id)))).toEqual({ exitCode: 0, lines: expect.any(Array) });

    expect(undone).toEqual(['b.last', 'b.share', 'a.user', 'a.name']);
    expectFresh(before);
  });

  it('does nothing if nobody asked for it', async () => {
    const before = await setUp();
    rmSync(devicePaths(root).resetFile);
    await reset(withUndo(() => expect.unreachable()));

    expect(phaseOf(devicePaths(root))).toBe('complete');
    expect(readOrMakeSetupCode(devicePaths(root).setupCode).code).toBe(before);
  });

  it('tells of an undo that fails or never ends, without the secret, and does the others', async () => {
    const before = await setUp();
    const undone: string[] = [];
    const steps = withUndo((id) => {
      if (id === 'b.share') throw new Error(`no ${canary}`);
      undone.push(id);
      return id === 'a.user' ? new Promise(() => {}) : undefined;
    });
    const { exitCode, lines } = await reset(steps, { undoTimeoutMs: 20 });

    expect(exitCode).toBe(0);
    expect(undone).toEqual(['b.last', 'a.user', 'a.name']);
    expect(lines).toContain('b.share: not all could be taken back: no [hidden]');
    expect(lines).toContain('a.user: not all could be taken back: not done after 0.02 s');
    expectFresh(before);
  });

  it('has the answers for the steps, and does without them if the store is damaged', async () => {
    const before = await setUp();
    writeFileSync(devicePaths(root).answersFile, '{');
    const undone: string[] = [];
    const last = step('z', 9, ['name'], async () => {});
    await reset([
      { ...last, undo: async (task) => void undone.push(`${task.answers('name')?.['hostname']}`) },
    ]);
    expect(undone).toEqual(['undefined']);
    expectFresh(before);

    await setUp();
    await reset([
      { ...last, undo: async (task) => void undone.push(`${task.answers('name')?.['hostname']}`) },
    ]);
    expect(undone).toEqual(['undefined', 'attic']);
  });

  it('ends in the same state when the power is cut at any file or in any undo', async () => {
    const before = await setUp();
    const whole = join(folder, 'whole');
    cpSync(root, whole, { recursive: true });
    const steps = withUndo((id) => rmSync(join(root, `effect-${id}`), { force: true }));
    let cut = 0;
    for (let isCut = true; isCut; cut += 1) {
      rmSync(root, { recursive: true });
      cpSync(whole, root, { recursive: true });
      for (const { id } of steps) writeFileSync(join(root, `effect-${id}`), '');
      const power = cutAfter(cut);
      isCut = await reset(steps.map(power.step), { remove: power.remove }).then(
        () => power.isOut(),
        () => true,
      );
      // The answers are there as long as something is to be undone; the request as long as something is left.
      const isLeft = steps.some(({ id }) => existsSync(join(root, `effect-${id}`)));
      if (isLeft) expect(existsSync(devicePaths(root).answersFile)).toBe(true);
      if (readdirSync(devicePaths(root).stateFolder).length > 0)
        expect(phaseOf(devicePaths(root))).toBe('resetting');

      expect((await reset(steps)).exitCode).toBe(0);
      expect(readdirSync(root).filter((name) => name.startsWith('effect'))).toEqual([]);
      expectFresh(before);
    }
    expect(cut).toBeGreaterThan(15);
  });

  it('waits for the next start while the answers are being applied', async () => {
    await setUp();
    const lock = takeLock(devicePaths(root));

    expect((await reset(fakeSteps())).exitCode).toBe(1);
    expect(phaseOf(devicePaths(root))).toBe('resetting');
    lock?.release();
    expect((await reset(fakeSteps())).exitCode).toBe(0);
  });
});

/** Sets the device up, asks for the reset, and gives the code. */
async function setUp(): Promise<string> {
  const paths = devicePaths(root);
  writeSetup(paths, fullSetup);
  expect(await runApply(fakeContext(root, fakeSteps()))).toBe(0);
  mkdirSync(paths.runFolder, { recursive: true });
  for (const file of [paths.sessionsFile, paths.triesFile]) writeFileSync(file, '{}');
  writeFileSync(`${paths.answersFile}.tmp`, canary);
  const { code } = readOrMakeSetupCode(paths.setupCode);
  requestReset(paths);
  expect(phaseOf(paths)).toBe('resetting');
  return code;
}

async function reset(steps: readonly SetupStep[], options: ResetOptions = {}) {
  const context = fakeContext(root, steps);
  return { exitCode: await runReset(context, options), lines: context.lines };
}

function withUndo(undo: (id: string) => unknown): readonly SetupStep[] {
  return fakeSteps().map((one) => ({
    ...one,
    undo: async () => {
      await undo(one.id);
    },
  }));
}

/** Nothing is left of the setup, and the code is another one. */
function expectFresh(codeBefore: string): void {
  const paths = devicePaths(root);
  expect(phaseOf(paths)).toBe('unclaimed');
  expect(readdirSync(paths.stateFolder)).toEqual([]);
  expect(readdirSync(paths.runFolder).filter((name) => !name.startsWith('apply-lock.'))).toEqual([]);
  expect(readOrMakeSetupCode(paths.setupCode).code).not.toBe(codeBefore);
}

/** The power goes at the n-th undo or removal, before or after its effect; from then on nothing has one. */
function cutAfter(count: number) {
  let left = count;
  let isOut = false;
  const use = () => {
    isOut ||= left === 0;
    left -= 1;
    if (isOut) throw new Error('power cut');
  };
  return {
    isOut: () => isOut,
    step: (one: SetupStep): SetupStep => ({
      ...one,
      undo: async (task) => {
        use();
        await one.undo?.(task);
      },
    }),
    remove: (path: string) => {
      use();
      removeDurably(path);
      use();
    },
  };
}
