import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { blackenSecrets } from '../../../../stages/90-first-boot/agent/apply/blacken.ts';
import { isApplierAlive, takeLock } from '../../../../stages/90-first-boot/agent/apply/lock.ts';
import { makePlan } from '../../../../stages/90-first-boot/agent/apply/plan.ts';
import { openStamps } from '../../../../stages/90-first-boot/agent/apply/stamps.ts';
import {
  maxStepLogBytes,
  openStepLog,
  stepLogFile,
} from '../../../../stages/90-first-boot/agent/apply/step-log.ts';
import { makeTask } from '../../../../stages/90-first-boot/agent/apply/task.ts';
import type { StepTask } from '../../../../stages/90-first-boot/agent/device/door.ts';
import { type DevicePaths, devicePaths } from '../../../../stages/90-first-boot/agent/device/paths.ts';
import type { StoredSetup } from '../../../../stages/90-first-boot/agent/store/setup-store.ts';
import { answered, fakeContext, fakeRoot, fullSetup, program, step, topics } from './fake-setup.ts';

let root: string;
let paths: DevicePaths;

beforeEach(() => {
  const device = fakeRoot();
  root = device.root;
  paths = devicePaths(root);
  return () => device.remove();
});

describe('takeLock', () => {
  it('is given to one, and to the next after the release', () => {
    const lock = takeLock(paths);
    expect(takeLock(paths)).toBeUndefined();
    expect(isApplierAlive(paths)).toBe(true);
    lock?.release();
    expect(isApplierAlive(paths)).toBe(false);

    expect(takeLock(paths)).toBeDefined();
    expect(readdirSync(paths.runFolder)).toEqual(['apply-lock.2']);
  });

  it.each([
    ['of a process that is gone', '4194304 1'],
    ['of an older process with the number of this one', `${process.pid} 1`],
    ['with nothing in it', ''],
  ])('takes the place of a lock %s', (_what, holder) => {
    mkdirSync(paths.runFolder, { recursive: true });
    writeFileSync(join(paths.runFolder, 'apply-lock.7'), holder);

    expect(isApplierAlive(paths)).toBe(false);
    expect(takeLock(paths)).toBeDefined();
    expect(takeLock(paths)).toBeUndefined();
  });
});

describe('makePlan', () => {
  const noTopic = step('nothing', 1, [], async () => {});
  const foreign = step('foreign', 2, ['name', 'of-another-image'], async () => {});
  const both = step('both', 3, ['name', 'share'], async () => {});

  it('takes a topic that is not asked on this device for skipped', async () => {
    expect(await due(fullSetup)).toEqual(['foreign', 'both']);
  });

  it('waits for topics that are open, and passes over steps without any answer', async () => {
    const { name = answered({}) } = fullSetup.answers;

    expect(await due({ ...fullSetup, answers: { name } })).toEqual(['foreign']);
    expect(await due({ ...fullSetup, answers: { share: { state: 'skipped', from: 'page' } } })).toEqual([]);
  });

  it('is not complete while a required question is open', async () => {
    const { name = answered({}), account = answered({}) } = fullSetup.answers;
    const plan = (answers: StoredSetup['answers']) =>
      makePlan(fakeContext(root, []), openStamps(paths), { ...fullSetup, answers });

    expect((await plan({ name })).isComplete).toBe(false);
    expect((await plan({ name, account: { state: 'skipped', from: 'page' } })).isComplete).toBe(false);
    expect((await plan({ name, account })).isComplete).toBe(true);
  });

  async function due(setup: StoredSetup): Promise<readonly string[]> {
    const plan = await makePlan(fakeContext(root, [noTopic, foreign, both]), openStamps(paths), setup);
    return plan.due.map(({ id }) => id);
  }
});

describe('a stamp', () => {
  const one = step('one', 1, ['name', 'account'], async () => {});
  const digest = (values: Readonly<Record<string, string>>, other = root) =>
    openStamps(devicePaths(other)).digestOf(one, { name: answered(values) });

  it('is the same for the same answers in another order, and another for any other', () => {
    expect(digest({ a: '1', b: '2' })).toBe(digest({ b: '2', a: '1' }));
    const others = [{ a: '1' }, { a: '12' }, { a: '1', b: '' }, { 'a","1': '' }, {}];
    expect(new Set(others.map((values) => digest(values))).size).toBe(others.length);
  });

  it('is another one on another device, so that it gives no password away', () => {
    const other = fakeRoot();

    expect(digest({ a: '1' }, other.root)).not.toBe(digest({ a: '1' }));
    other.remove();
  });

  it('does not look at topics that the step does not use', () => {
    const { digestOf } = openStamps(paths);

    expect(digestOf(one, {})).toBe(digestOf(one, { share: answered({ folder: 'x' }) }));
  });
});

describe('the log of a step', () => {
  it('keeps the newest 256 KiB, in whole lines', () => {
    const log = openStepLog(paths, 'one', (text) => text);
    for (let count = 0; count < 20_000; count += 1) log.write(`line ${String(count).padStart(20, '0')}`);
    log.write('x'.repeat(1_000_000));
    log.close();

    const text = readFileSync(stepLogFile(paths, 'one'), 'utf8');
    const lines = text.trimEnd().split('\n');
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxStepLogBytes);
    expect(lines.length).toBeGreaterThan(3_000);
    expect(lines.slice(0, -1).every((line) => /^line \d{20}$/.test(line))).toBe(true);
    expect(lines.at(-2)).toContain('19999');
  });

  it('goes on where an earlier try ended', () => {
    for (const text of ['first', 'second']) {
      const log = openStepLog(paths, 'one', (line) => line);
      log.write(text);
      log.close();
      log.write('too late');
    }

    expect(readFileSync(stepLogFile(paths, 'one'), 'utf8')).toBe('first\nsecond\n');
  });
});

describe('blackenSecrets', () => {
  it('finds a secret that is part of another one, and each line of a long one', () => {
    const key = '-----BEGIN KEY-----\nabcdefghij\nshort\n';
    const blacken = blackenSecrets(
      [
        {
          ...(topics[1] as (typeof topics)[number]),
          fields: ['password', 'longer', 'key'].map((name) => ({
            kind: 'text',
            name,
            label: name,
            maxLength: 9_999,
            isSecret: true,
          })),
        },
      ],
      { account: answered({ password: 'se$cret', longer: 'se$cret-and-more', key }) },
    );

    expect(blacken('a se$cret-and-more b se$cret c')).toBe('a [hidden] b [hidden] c');
    expect(blacken('abcdefghij / short')).toBe('[hidden] / short');
    expect(blacken(key)).toBe('[hidden]');
  });

  it('leaves the other answers as they are', () => {
    expect(blackenSecrets(topics, fullSetup.answers)('attic ada media')).toBe('attic ada media');
    expect(blackenSecrets(topics, {})('text')).toBe('text');
  });
});

describe('a task', () => {
  it('changes nothing outside of the device and never the root', () => {
    const { task } = makeParts();
    for (const path of ['/', '/etc/../../x', 'etc/x', '/etc//x', '']) {
      expect(() => task.write(path, '', 0o644)).toThrow('not a plain path');
      expect(() => task.remove(path)).toThrow('not a plain path');
    }
  });

  it('removes a link, not what it leads to, and a folder with all in it', () => {
    const { task } = makeParts();
    task.write('/srv/kept/file', 'text', 0o640);
    mkdirSync(join(root, 'old/deep'), { recursive: true });
    symlinkSync(join(root, 'srv/kept'), join(root, 'old/deep/link'));
    task.remove('/old');
    task.remove('/never/was');

    expect(task.read('/srv/kept/file')).toBe('text');
    expect(statSync(join(root, 'srv/kept/file')).mode & 0o777).toBe(0o640);
    expect(readdirSync(root)).not.toContain('old');
  });

  it('fails with the last words of a program, and logs what a program prints only then', async () => {
    const { task, lines } = makeParts();
    program(root, 'fine', 'echo made-a-hash; echo careful >&2');
    program(root, 'bad', 'echo from stdout; exit 4');
    await task.must('fine', ['x']);
    const problem = await task.must('bad').catch((error: unknown) => error);

    expect(problem).toMatchObject({
      why: {
        en: 'The program "bad" did not work. It said: from stdout',
        de: expect.stringContaining('meldete'),
      },
    });
    expect(lines.join('\n')).not.toContain('made-a-hash');
    expect(lines).toEqual(['$ fine x', 'careful\n', '$ bad', 'exit code 4', 'from stdout\n']);
    expect(await task.must('missing').catch((error: unknown) => error)).toMatchObject({
      name: 'StepFailure',
    });
  });
});

function makeParts(): { readonly task: StepTask; readonly lines: string[] } {
  const lines: string[] = [];
  const task = makeTask({
    look: fakeContext(root, []).look,
    step: step('one', 1, [], async () => {}),
    answers: {},
    blacken: (text) => text,
    log: (line) => lines.push(line),
    progress: () => {},
    signal: new AbortController().signal,
  });
  return { task, lines };
}
