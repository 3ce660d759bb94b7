import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CommandResult, leftovers, TestProject } from '../helpers/project.ts';
import {
  cold,
  OwnCache,
  type SmallBuild,
  smallBuild,
  smallSteps,
  stepOf,
  stepsRun,
  withBase,
} from '../helpers/small-build.ts';

const rounds = process.env['HEARTH_EXHAUSTIVE'] === '1' ? 10 : 5;
/** To repeat a run: HEARTH_SEED=NUMBER. */
const seed = Number(process.env['HEARTH_SEED'] ?? Date.now() % 100_000);
const image = smallSteps.length - 1;

let undisturbed: SmallBuild;

beforeAll(async () => {
  undisturbed = await smallBuild();
});

/** Ends a build by SIGKILL some time after it announces a step. */
async function killAt(project: TestProject, step: string, afterMs: number): Promise<CommandResult> {
  let reached = () => {};
  const atStep = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const running = project.start(['build', '--offline'], (line) => {
    if (stepOf(line) === step) reached();
  });
  await Promise.race([atStep, running.exited]);
  await sleep(afterMs);
  running.kill('SIGKILL');
  const killed = await running.exited;
  await expect.poll(async () => await leftovers(project.cacheDir), { timeout: 10_000 }).toEqual([]);
  return killed;
}

/** The place of the first step that a build ran; that after the last if it ran none. */
function firstStep(result: CommandResult): number {
  const [first] = stepsRun(result);
  return first === undefined ? image + 1 : (smallSteps as readonly string[]).indexOf(first);
}

async function expectSameAsUndisturbed(project: TestProject, cache: OwnCache, last: CommandResult) {
  expect(last.exitCode, last.stderr).toBe(0);
  expect(await project.imageSha256('small')).toBe(undisturbed.sha256);
  expect(await project.read('dist/small.debian.lock.yaml')).toBe(undisturbed.lockText);
  expect(await cache.unfinished()).toEqual([]);
  expect(await leftovers(cache.path)).toEqual([]);
}

describe('a build that is killed again and again', () => {
  it('goes on each time at the step that was running, and no step runs twice to its end', async () => {
    await using cache = await OwnCache.of(undisturbed, cold);
    await using project = await TestProject.inCache('small-project', cache.path);
    for (const [done, next] of smallSteps.slice(1).entries()) {
      const killed = await killAt(project, next, 0);

      expect(killed.signal, killed.stderr).toBe('SIGKILL');
      expect(stepsRun(killed)).toEqual([smallSteps[done], next]);
      // A stage's first step is where it begins anyway.
      const [, label = ''] = /\] (.*)/.exec(smallSteps[done] ?? '') ?? [];
      if ([1, 3, 4].includes(done)) expect(killed.stderr).toContain(`; goes on at ${label}\n`);
    }

    const last = await project.hearth('build', '--offline');

    expect(stepsRun(last)).toEqual([smallSteps[image]]);
    await expectSameAsUndisturbed(project, cache, last);
  });
});

describe(`a build that is killed at any moment (seed ${seed})`, () => {
  const random = randomNumbers(seed);
  const moments = Array.from({ length: rounds }, () => {
    // The bootstrap is slow: only an exhaustive run takes its time.
    const step = rounds > 5 ? Math.floor(random() * 7) : 2 + Math.floor(random() * 5);
    return {
      step: smallSteps[step] ?? '',
      afterMs: Math.floor(random() * 2000),
      kept: step < 2 ? cold : withBase,
    };
  });

  it.each(moments)('$afterMs ms after $step: goes on there, to the same image', async (moment) => {
    await using cache = await OwnCache.of(undisturbed, moment.kept);
    await using project = await TestProject.inCache('small-project', cache.path);

    const killed = await killAt(project, moment.step, moment.afterMs);
    const last = await project.hearth('build', '--offline');

    const running = (smallSteps as readonly string[]).indexOf(stepsRun(killed).at(-1) ?? '');
    // Its result may have been finished already when the next step was not yet announced.
    expect([running, running + 1], `${killed.stderr}\nand then\n${last.stderr}`).toContain(firstStep(last));
    await expectSameAsUndisturbed(project, cache, last);
  });
});

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomNumbers(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
