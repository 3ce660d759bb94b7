import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { type ApplyOptions, runApply } from '../../../../stages/90-first-boot/agent/apply/run-steps.ts';
import { stepLogFile } from '../../../../stages/90-first-boot/agent/apply/step-log.ts';
import { StepFailure } from '../../../../stages/90-first-boot/agent/device/door.ts';
import { type DevicePaths, devicePaths } from '../../../../stages/90-first-boot/agent/device/paths.ts';
import { foldEvents, type RunView } from '../../../../stages/90-first-boot/agent/events/fold.ts';
import { readEvents } from '../../../../stages/90-first-boot/agent/events/read-events.ts';
import { requestReset } from '../../../../stages/90-first-boot/agent/reset/run-reset.ts';
import type { SetupStep } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import {
  phaseOf,
  readSetup,
  type StoredSetup,
  writeSetup,
} from '../../../../stages/90-first-boot/agent/store/setup-store.ts';
import {
  answered,
  canary,
  fakeContext,
  fakeRoot,
  fakeSteps,
  fullSetup,
  program,
  step,
} from './fake-setup.ts';

let root: string;
let paths: DevicePaths;

beforeEach(() => {
  const device = fakeRoot();
  root = device.root;
  paths = devicePaths(root);
  return () => device.remove();
});

describe('runApply', () => {
  it('does all steps in their order and marks the device as set up', async () => {
    expect(await apply(fullSetup)).toBe(0);

    expect(types()).toEqual([
      'runStarted',
      ...['a.name', 'a.user', 'b.share', 'b.last'].flatMap((id) => [
        `stepStarted ${id}`,
        `stepFinished ${id}`,
      ]),
      'runFinished',
    ]);
    expect(view()).toMatchObject({ state: 'finished', percent: 100, run: 1 });
    expect(phaseOf(paths)).toBe('complete');
    for (const file of [
      paths.eventLog,
      paths.completeFile,
      paths.stampKey,
      join(paths.stampsFolder, 'a.user'),
    ])
      expect(statSync(file).mode & 0o777).toBe(0o600);
    for (const folder of [paths.stampsFolder, paths.stepLogs])
      expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('does nothing until somebody wants it, during a reset, and when all is done', async () => {
    expect(await apply({ ...fullSetup, isWanted: false })).toBe(0);
    expect(existsSync(paths.eventLog)).toBe(false);
    requestReset(paths);
    expect(await apply(fullSetup)).toBe(0);
    expect(existsSync(paths.eventLog)).toBe(false);
    rmSync(paths.resetFile);
    await apply(fullSetup);
    const before = readFileSync(paths.eventLog, 'utf8');

    expect(await apply(fullSetup)).toBe(0);
    expect(readFileSync(paths.eventLog, 'utf8')).toBe(before);
  });

  it('runs the steps that can run with some answers, and does not call the device set up', async () => {
    const { name = answered({}) } = fullSetup.answers;
    expect(await apply({ ...fullSetup, isClaimed: false, answers: { name } })).toBe(0);

    expect(ran()).toEqual(['a.name']);
    expect(view().state).toBe('finished');
    expect(existsSync(paths.completeFile)).toBe(false);
    await apply(fullSetup);
    expect(ran()).toEqual(['a.name', 'a.user', 'b.share', 'b.last']);
    expect(view().run).toBe(2);
    expect(phaseOf(paths)).toBe('complete');
  });

  it('does before the claim what a file on the card asks for, and nothing that a page was told', async () => {
    const { name = answered({}), account = answered({}) } = fullSetup.answers;
    const answers = { name: { ...name, from: 'card' }, account } as const;
    expect(await apply({ ...fullSetup, isClaimed: false, isWanted: false, answers })).toBe(0);

    expect(ran()).toEqual(['a.name']);
    expect(phaseOf(paths)).toBe('unclaimed');
    const before = readFileSync(paths.eventLog, 'utf8');
    await apply({ ...fullSetup, isClaimed: false, isWanted: false, answers });
    expect(readFileSync(paths.eventLog, 'utf8')).toBe(before);
    await apply(fullSetup);
    expect(ran()).toEqual(['a.name', 'a.user', 'b.share', 'b.last']);
  });

  it('is complete without an optional topic, skipped or open', async () => {
    const { name = answered({}), account = answered({}) } = fullSetup.answers;
    expect(await apply({ ...fullSetup, answers: { name, account } })).toBe(0);
    expect(ran()).toEqual(['a.name', 'a.user']);
    expect(phaseOf(paths)).toBe('complete');

    await apply({ ...fullSetup, answers: { name, account, share: { state: 'skipped', from: 'page' } } });
    expect(ran()).toEqual(['a.name', 'a.user', 'b.share', 'b.last']);
  });

  it('runs only the steps of a changed answer again, also when a field merely goes', async () => {
    await apply(fullSetup);
    await apply(withAnswer('share', { folder: 'photos' }));
    expect(ran().slice(4)).toEqual(['b.share', 'b.last']);
    expect(view()).toMatchObject({ run: 2, state: 'finished' });
    await apply(withAnswer('share', {}));
    expect(ran().slice(6)).toEqual(['b.share', 'b.last']);
    expect(phaseOf(paths)).toBe('complete');
  });

  it('runs a step again when its version was raised, and every step when the key was lost', async () => {
    await apply(fullSetup);
    const raised = fakeSteps().map((one) => (one.id === 'b.last' ? { ...one, version: 2 } : one));
    await apply(fullSetup, raised);
    expect(ran().slice(4)).toEqual(['b.last']);
    rmSync(paths.stampKey);
    await apply(fullSetup, raised);
    expect(ran().slice(5)).toEqual(['a.name', 'a.user', 'b.share', 'b.last']);
  });

  it('does not take a step for done that broke off with other answers in between', async () => {
    const steps = [
      step('x', 1, ['name'], async (task) => {
        if (task.answers('name')?.['hostname'] === 'bad') throw new Error('half done');
        await task.run('add-user', ['x']);
      }),
    ];
    await apply(fullSetup, steps);
    expect(await apply(withAnswer('name', { hostname: 'bad' }), steps)).toBe(1);
    await apply(fullSetup, steps);

    expect(types().filter((type) => type === 'stepStarted x').length).toBe(3);
  });

  it('sees answers that change while it runs', async () => {
    const changed = withAnswer('name', { hostname: 'cellar' });
    const steps = [
      ...fakeSteps(),
      step('z', 9, ['account'], async () => {
        if (readSetup(paths).answers['name'] !== changed.answers['name']) writeSetup(paths, changed);
      }),
    ];
    await apply(fullSetup, steps);

    expect(readFileSync(join(root, 'etc/hostname'), 'utf8')).toBe('cellar\n');
    expect(ran()).toEqual(['a.name', 'a.user', 'b.share', 'b.last', 'a.name', 'b.last']);
    expect(view()).toMatchObject({ run: 2, state: 'finished' });
  });

  it('gives up when the card forgets that a step was done', async () => {
    const forget = async () => rmSync(join(paths.stampsFolder, 'a.name'));

    expect(await apply(fullSetup, [...fakeSteps(), step('z', 9, ['share'], forget)])).toBe(2);
    expect(ran().length).toBeLessThan(9);
  });

  it('writes files with just the mode that the step asks for', async () => {
    const umask = process.umask(0o077);
    await apply(fullSetup).finally(() => process.umask(umask));

    expect(statSync(join(root, 'srv/media/welcome')).mode & 0o777).toBe(0o666);
    expect(statSync(join(root, 'srv/media')).mode & 0o777).toBe(0o755);
    expect(statSync(join(root, 'etc/shadow')).mode & 0o777).toBe(0o600);
  });

  it('tells that the store is damaged, and does not quote it', async () => {
    const context = fakeContext(root, fakeSteps());
    writeSetup(paths, fullSetup);
    writeFileSync(paths.answersFile, `{ "isWanted": true, ${canary}`);

    expect(await runApply(context)).toBe(2);
    expect(context.lines.join('\n')).toContain('damaged');
    expect(context.lines.join('\n')).not.toContain('canary');
  });
});

describe('a step that fails', () => {
  it('tells why and what to do, and the run ends there if the device needs it', async () => {
    const why = { en: 'no disk', de: 'kein Datenträger' };
    const todo = { en: 'plug it in', de: 'stecken Sie ihn an' };

    expect(await apply(fullSetup, failing(new StepFailure(why, todo)))).toBe(1);
    expect(view().state).toBe('failed');
    expect(view().steps[1]).toMatchObject({ id: 'x', state: 'failed', why, todo, isOptional: false });
    expect(ran()).toEqual(['a.name']);
    expect(types().slice(-2)).toEqual(['stepFailed x', 'runFailed']);
    expect(existsSync(paths.completeFile)).toBe(false);
  });

  it('does not keep the device from the others if it can do without', async () => {
    expect(await apply(fullSetup, failing(new Error('always'), { isOptional: true }))).toBe(1);

    expect(ran()).toEqual(['a.name', 'a.user', 'b.share', 'b.last']);
    expect(types().at(-1)).toBe('runFailed');
    expect(view()).toMatchObject({ run: 1, state: 'failed' });

    expect(await apply(fullSetup, failing(undefined, { isOptional: true }))).toBe(0);
    expect(types().slice(-4)).toEqual(['goOn', 'stepStarted x', 'stepFinished x', 'runFinished']);
    expect(phaseOf(paths)).toBe('complete');
  });

  it('runs again when its answers change while the others are done', async () => {
    const steps = [
      { ...step('x', 1.5, ['share'], async () => Promise.reject(new Error('always'))), isOptional: true },
      ...fakeSteps(),
      step('y', 2.5, ['account'], async () => writeSetup(paths, withAnswer('share', {}))),
    ];
    expect(await apply(fullSetup, steps)).toBe(1);

    expect(types().filter((type) => type === 'stepFailed x')).toHaveLength(2);
    expect(types().at(-1)).toBe('runFailed');
  });

  it('has general words for an error that nobody thought of, in both languages', async () => {
    await apply(fullSetup, failing(new Error('EIO: i/o error')));

    const { why, todo } = view().steps[1] ?? {};
    expect(why).toEqual({ en: expect.stringContaining('EIO: i/o'), de: expect.stringContaining('EIO: i/o') });
    expect(todo).toEqual({
      en: expect.stringContaining('try again'),
      de: expect.stringContaining('noch einmal'),
    });
  });

  it('is tried again in the same run, and nothing before it', async () => {
    await apply(fullSetup, failing(new Error('once')));
    await apply(fullSetup, failing(undefined));

    expect(types().slice(3)).toEqual([
      'stepStarted x',
      'stepFailed x',
      'runFailed',
      'goOn',
      ...['x', 'a.user', 'b.share', 'b.last'].flatMap((id) => [`stepStarted ${id}`, `stepFinished ${id}`]),
      'runFinished',
    ]);
    expect(view()).toMatchObject({ run: 1, state: 'finished' });
  });

  it('is left out when the owner says so', async () => {
    await apply(fullSetup, failing(new Error('always')));
    await apply({ ...fullSetup, skippedSteps: ['x'] }, failing(new Error('always')));

    expect(types()).toContain('stepSkipped x');
    expect(view()).toMatchObject({ run: 1, state: 'finished', percent: 100 });
    expect(phaseOf(paths)).toBe('complete');
  });

  it('begins another run when the owner corrects the answers of a step that was done', async () => {
    await apply(fullSetup, failing(new Error('once')));
    await apply(withAnswer('name', { hostname: 'cellar' }), failing(undefined));

    expect(types()).not.toContain('goOn');
    expect(view().run).toBe(2);
    expect(ran()).toEqual(['a.name', 'a.name', 'a.user', 'b.share', 'b.last']);
  });
});

describe('secrets of the answers', () => {
  it('stand in no event, no step log and no line for the journal', async () => {
    const steps = [
      ...fakeSteps(),
      step('y', 9, ['account'], async (task) => {
        const { password = '' } = task.answers('account') ?? {};
        task.progress(0.5, { en: `now ${password}`, de: `jetzt ${password}` });
        for (const text of [password, JSON.stringify({ password }), encodeURIComponent(password)])
          task.log(text);
        task.log(Buffer.from(password).toString('base64'));
        await task.must('broken', [], { input: `${password}\n` });
      }),
    ];
    const context = fakeContext(root, steps);
    writeSetup(paths, fullSetup);
    await runApply(context);

    const log = readFileSync(stepLogFile(paths, 'y'), 'utf8');
    expect(log).toContain('output [hidden]');
    expect(readFileSync(stepLogFile(paths, 'a.user'), 'utf8')).toContain('password [hidden]');
    expect(view().steps.at(-1)).toMatchObject({
      state: 'failed',
      why: { en: expect.stringContaining('[hidden]') },
    });
    const told = [readFileSync(paths.eventLog, 'utf8'), log, ...context.lines].join('\n');
    for (const spelling of [
      'canary',
      JSON.stringify(canary).slice(1, -1),
      Buffer.from(canary).toString('base64'),
    ])
      expect(told).not.toContain(spelling);
    expect(statSync(stepLogFile(paths, 'y')).mode & 0o777).toBe(0o600);
    for (const stamp of ['a.user', 'y'].filter((id) => existsSync(join(paths.stampsFolder, id))))
      expect(readFileSync(join(paths.stampsFolder, stamp), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
  });

  it('are not told in half either, where long last words are cut', async () => {
    const last = (more: number) => canary + 'x'.repeat(300 - more);
    for (let more = 1; more < canary.length; more += 1) {
      program(root, 'talks', `echo '${last(more).replaceAll("'", String.raw`'\''`)}'; exit 1`);
      await apply(fullSetup, [step('x', 1, ['account'], async (task) => void (await task.must('talks')))]);
      await apply(fullSetup, [
        step('x', 1, ['account'], async () => Promise.reject(new Error('x'.repeat(300 - more) + canary))),
      ]);
    }
    const told = readFileSync(paths.eventLog, 'utf8');

    expect(told).toContain('[hidde');
    for (const part of [canary.slice(0, 4), canary.slice(-4)]) expect(told).not.toContain(part);
  });

  it('are not handed to a step that does not use their topic', async () => {
    await apply(fullSetup, [step('x', 1, ['name'], async (task) => void task.answers('account'))]);

    expect(view().steps[0]?.why).toMatchObject({ en: expect.stringContaining('does not use') });
  });
});

describe('the device is being shut down', () => {
  it('leaves the step undone, without a failure, also when the step looks at the signal itself', async () => {
    for (const run of [async (_task: unknown) => {}, async () => Promise.reject(new Error('aborted'))]) {
      const stop = new AbortController();
      const steps = [
        step('x', 1, ['name'], async () => {
          stop.abort();
          await wait(1);
          await run(undefined);
        }),
      ];

      expect(await apply(fullSetup, steps, { signal: stop.signal })).toBe(0);
      expect(types().at(-1)).toBe('stepStarted x');
    }
    await apply(fullSetup, [step('x', 1, ['name'], async () => {})]);
    expect(view()).toMatchObject({ run: 1, state: 'finished' });
  });

  it('begins no other program', async () => {
    const stop = new AbortController();
    const steps = [
      step('x', 1, ['name'], async (task) => {
        stop.abort();
        await task.run('add-user', ['late']);
      }),
    ];
    await apply(fullSetup, steps, { signal: stop.signal });

    expect(existsSync(join(root, 'users'))).toBe(false);
  });
});

async function apply(
  setup: StoredSetup,
  steps: readonly SetupStep[] = fakeSteps(),
  options: ApplyOptions = {},
): Promise<number> {
  writeSetup(paths, setup);
  return runApply(fakeContext(root, steps), options);
}

/** The usual steps, with one more that throws this after the first. */
function failing(error: Error | undefined, more: Partial<SetupStep> = {}): readonly SetupStep[] {
  const broken = step('x', 1.5, ['account'], async () => {
    if (error !== undefined) throw error;
  });
  return [...fakeSteps(), { ...broken, ...more }];
}

function withAnswer(topic: string, values: Readonly<Record<string, string>>): StoredSetup {
  return { ...fullSetup, answers: { ...fullSetup.answers, [topic]: answered(values) } };
}

function view(): RunView {
  return foldEvents(readEvents(paths.eventLog));
}

/** The events but the progress, with the step. */
function types(): readonly string[] {
  return readEvents(paths.eventLog)
    .filter((event) => event.type !== 'stepProgress')
    .map((event) => ('step' in event ? `${event.type} ${event.step}` : event.type));
}

/** The usual steps that began. */
function ran(): readonly string[] {
  return readFileSync(join(root, 'runs'), 'utf8').trim().split('\n');
}
