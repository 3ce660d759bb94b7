import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runApply } from '../../../../stages/90-first-boot/agent/apply/run-steps.ts';
import type { AgentContext } from '../../../../stages/90-first-boot/agent/context.ts';
import { type DevicePaths, devicePaths } from '../../../../stages/90-first-boot/agent/device/paths.ts';
import { foldEvents, type RunView } from '../../../../stages/90-first-boot/agent/events/fold.ts';
import { readEvents } from '../../../../stages/90-first-boot/agent/events/read-events.ts';
import type { DeviceArtifact } from '../../../../stages/90-first-boot/agent/provision/device-artifact.ts';
import { provisioned } from '../../../../stages/90-first-boot/agent/provision/provisioned.ts';
import { requestReset, runReset } from '../../../../stages/90-first-boot/agent/reset/run-reset.ts';
import type { SetupStep } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import {
  phaseOf,
  type StoredSetup,
  writeSetup,
} from '../../../../stages/90-first-boot/agent/store/setup-store.ts';
import { localText } from '../../../../stages/90-first-boot/agent/text/local-text.ts';
import { bundleProgram } from '../../../helpers/bundle-program.ts';
import { answered, fakeContext, fakeRoot, fullSetup, step } from '../apply/fake-setup.ts';
import { fastWorld, fileOf } from './fetch-parts.ts';
import {
  cutAfter,
  digestOf,
  type FileServer,
  type Manner,
  plain,
  randomContent,
  serve,
  slowly,
  status,
} from './file-server.ts';
import { toolStep } from './tool-steps.ts';

const content = randomContent(300_000);

let root: string;
let paths: DevicePaths;
let servers: FileServer[];

beforeEach(() => {
  const device = fakeRoot();
  root = device.root;
  paths = devicePaths(root);
  servers = [];
  return () => device.remove();
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
});

describe('provisioned', () => {
  const ids = ({ setups }: AgentContext) => setups.steps.map(({ id }) => id);
  const before = step('before', 4, ['name'], async () => {});

  it('adds one step, right before the first that needs the file', () => {
    list([fileOf(content, 'http://127.0.0.1/x')]);
    const context = contextWith([before, toolStep('one', ['name']), toolStep('two', ['share', 'name'])]);

    expect(ids(context)).toEqual(['before', 'fetch.tool', 'one', 'two']);
    expect(context.setups.steps[1]).toMatchObject({
      order: 5,
      title: { en: 'Fetching tool (300 kB)', de: 'tool herunterladen (300 kB)' },
      uses: ['name', 'share'],
      isOptional: false,
    });
  });

  it('lets the owner go on without it if all that need it can be done without', () => {
    list([fileOf(content, 'http://127.0.0.1/x')]);
    const context = contextWith([toolStep('one', ['name'], { isOptional: true })]);

    expect(context.setups.steps[0]).toMatchObject({ id: 'fetch.tool', isOptional: true });
  });

  it('adds nothing for what is baked, what nobody needs, what is a package, and without a list', () => {
    expect(ids(contextWith([toolStep('one', ['name'])]))).toEqual(['one']);
    const file = fileOf(content, 'http://127.0.0.1/x', { delivery: 'baked' });
    list([file, { ...file, name: 'other', delivery: 'first-boot' }, aptPackage]);

    expect(ids(contextWith([toolStep('one', ['name'], { needs: ['tool', 'packet'] })]))).toEqual(['one']);
  });

  it.each<[string, string]>([
    ['is cut off', '{"format":1,"mirrors":['],
    ['has another format', '{"format":2,"mirrors":[],"artifacts":[]}'],
    ['is empty', ''],
    ['has a path out of its place', oneFile({ path: '/usr/../etc/passwd' })],
    ['has a name that is a path', oneFile({ name: '../x' })],
    ['has no digest', oneFile({ sha256: 'x' })],
    ['has no size', oneFile({ sizeBytes: 0 })],
    ['has an address of the device', oneFile({ url: 'file:///etc/passwd' })],
  ])('a list that %s fails the steps that need something of it, and no other', async (_what, text) => {
    mkdirSync(dirname(paths.artifactsFile), { recursive: true });
    writeFileSync(paths.artifactsFile, text);

    expect(await apply(contextWith([before, toolStep('one', ['name'])]))).toBe(1);
    expect(view().steps.map(({ id, state }) => `${id} ${state}`)).toEqual(['before done', 'one failed']);
    expect(why()).toContain('can not be read');
  });

  it.each<[string, readonly DeviceArtifact[], string]>([
    ['knows nothing of it', [], 'the image neither has it nor says where to get it'],
    [
      'has it no more',
      [fileOf(content, 'http://127.0.0.1/x', { delivery: 'baked' })],
      'is not on the device',
    ],
  ])('a step fails clearly when the image %s', async (_what, artifacts, words) => {
    list(artifacts);

    expect(await apply(contextWith([toolStep('one', ['name'])]))).toBe(1);
    expect(why()).toContain(words);
    expect(ran()).toEqual([]);
  });

  it('lets a step run with a baked file of any size, and tells it about a package', async () => {
    list([fileOf(content, 'http://127.0.0.1/x', { delivery: 'baked' }), aptPackage]);
    mkdirSync(join(root, 'usr/local/bin'), { recursive: true });
    writeFileSync(join(root, 'usr/local/bin/tool'), 'repacked');
    const needsPackage = step('packet', 6, ['name'], async (task) => {
      expect(task.artifact('packet')).toEqual(aptPackage);
      expect(() => task.artifact('tool')).toThrow('does not need tool');
    });

    expect(
      await apply(contextWith([toolStep('one', ['name']), { ...needsPackage, needs: ['packet'] }])),
    ).toBe(0);
    expect(ran()).toEqual(['one']);
  });
});

describe('a run with a fetch', () => {
  it('fetches, then does the step, and says how far it is', async () => {
    const server = await listedServer([slowly(50_000, 300)]);

    expect(await apply(contextWith([toolStep('one', ['name'])]))).toBe(0);
    expect(types()).toEqual([
      'runStarted',
      ...['fetch.tool', 'one'].flatMap((id) => [`stepStarted ${id}`, `stepFinished ${id}`]),
      'runFinished',
    ]);
    const notes = readEvents(paths.eventLog).flatMap((event) =>
      event.type === 'stepProgress' ? [`${event.fraction > 0} ${localText(event.note ?? '', 'de')}`] : [],
    );
    expect(notes).toContainEqual(expect.stringMatching(/^true \d+ kB von 300 kB/));
    expect(server.sentBytes()).toBe(content.length);
    expect(phaseOf(paths)).toBe('complete');
    expect(await apply(contextWith([toolStep('one', ['name'])]))).toBe(0);
    expect(server.asked.length).toBe(1);
  });

  it('is due with the first step that is due, also while topics of others are open', async () => {
    await listedServer([plain]);
    const context = contextWith([toolStep('later', ['share']), toolStep('one', ['name'])]);
    const { name = answered({}) } = fullSetup.answers;

    expect(await apply(context, { ...fullSetup, answers: { name } })).toBe(0);
    expect(types().filter((type) => type.startsWith('stepStarted'))).toEqual([
      'stepStarted fetch.tool',
      'stepStarted one',
    ]);
  });

  it('is not due when the topic of its only step was skipped, or the step itself', async () => {
    const server = await listedServer([plain]);
    const context = contextWith([toolStep('one', ['share'])]);
    const skipped = { state: 'skipped', from: 'page' } as const;

    await apply(context, { ...fullSetup, answers: { ...fullSetup.answers, share: skipped } });
    await apply(context, { ...fullSetup, skippedSteps: ['one'] });
    expect(server.asked).toEqual([]);
    expect(existsSync(paths.fetchFolder)).toBe(false);
  });

  it('is done before the claim only for what a file on the card gave', async () => {
    const server = await listedServer([plain]);
    const unclaimed = { ...fullSetup, isClaimed: false, isWanted: false };
    const { name = answered({}) } = fullSetup.answers;

    await apply(contextWith([toolStep('one', ['name'])]), unclaimed);
    expect(server.asked).toEqual([]);
    await apply(contextWith([toolStep('one', ['name'])]), {
      ...unclaimed,
      answers: { name: { ...name, from: 'card' } },
    });
    expect(ran()).toEqual(['one']);
  });

  it('looks at the file again when the answers changed, and fetches it again when it is gone', async () => {
    const server = await listedServer([plain]);
    const context = contextWith([toolStep('one', ['name'])]);
    await apply(context);
    const changed = (hostname: string): StoredSetup => ({
      ...fullSetup,
      answers: { ...fullSetup.answers, name: answered({ hostname }) },
    });
    await apply(context, changed('other'));
    expect(server.asked.length).toBe(1);
    rmSync(join(root, 'usr/local/bin/tool'));
    await apply(context, changed('third'));

    expect(server.asked.length).toBe(2);
    expect(ran()).toEqual(['one', 'one', 'one']);
  });

  it('fetches again what is gone when a step is tried again, although its stamp is there', async () => {
    const server = await listedServer([plain]);
    let isBroken = true;
    const steps = [
      toolStep('one', ['name'], {
        run: async (task) => {
          if (isBroken) task.remove('/usr/local/bin/tool');
          if (isBroken) throw new Error('broken');
        },
      }),
    ];

    expect(await apply(contextWith(steps))).toBe(1);
    isBroken = false;
    expect(await apply(contextWith(steps))).toBe(0);
    expect(server.asked.length).toBe(2);
    expect(view()).toMatchObject({ run: 2, state: 'finished' });
  });

  it('fails without the server and goes on when the owner tries again', async () => {
    const server = await listedServer([cutAfter(200_000), status(404), plain]);
    const context = contextWith([toolStep('one', ['name'])]);

    expect(await apply(context)).toBe(1);
    expect(view().steps.map(({ state }) => state)).toEqual(['failed', 'waiting']);
    expect(why()).toContain('answer 404');
    expect(await apply(context)).toBe(0);
    expect(view()).toMatchObject({ run: 1, state: 'finished' });
    expect(ran()).toEqual(['one']);
    expect(server.asked.at(-1)).toMatch(/bytes=\d+-$/);
  });

  it('does the others when it fails and is optional, but never the step without its file', async () => {
    await listedServer([status(404)]);
    const last = step('last', 9, ['name'], async () => {});
    const context = contextWith([toolStep('one', ['name'], { isOptional: true }), last]);

    expect(await apply(context)).toBe(1);
    expect(view().steps.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'fetch.tool failed',
      'one waiting',
      'last done',
    ]);
    expect(ran()).toEqual([]);
    expect(await apply(context, { ...fullSetup, skippedSteps: ['fetch.tool'] })).toBe(0);
    expect(view().steps.map(({ state }) => state)).toEqual(['skipped', 'skipped', 'done']);
    expect(phaseOf(paths)).toBe('complete');
  });

  it('is taken back by a factory reset, with what came in of it', async () => {
    await listedServer([plain]);
    const context = contextWith([toolStep('one', ['name'])]);
    await apply(context);
    mkdirSync(paths.fetchFolder, { recursive: true });
    writeFileSync(join(paths.fetchFolder, 'part'), 'x');
    requestReset(paths);

    expect(await runReset(context)).toBe(0);
    expect(existsSync(join(root, 'usr/local/bin/tool'))).toBe(false);
    expect(existsSync(paths.fetchFolder)).toBe(false);
  });
});

describe('the power is cut while a file comes in', () => {
  it('goes on with what is on the disk, again and again', async () => {
    const program = await bundleProgram(`${import.meta.dirname}/fetch-child.ts`, root);
    const server = await listedServer([slowly(10_000, 20)]);
    writeSetup(paths, fullSetup);
    for (const stopBytes of [120_000, 250_000]) {
      const child = spawn(process.execPath, ['--jitless', '--no-expose-wasm', program, root], {
        stdio: 'inherit',
      });
      while (syncedBytes() < stopBytes - 64 * 1024) await wait(5);
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(existsSync(join(root, 'usr/local/bin/tool'))).toBe(false);
    }
    const kept = syncedBytes();
    const child = spawn(process.execPath, ['--jitless', '--no-expose-wasm', program, root], {
      stdio: 'inherit',
    });
    await once(child, 'exit');

    expect(child.exitCode).toBe(0);
    expect(server.asked.length).toBe(3);
    expect(server.asked.at(-1)).toBe(`GET /tool bytes=${kept}-`);
    expect(kept).toBeGreaterThan(150_000);
    expect(digestOf(readFileSync(join(root, 'usr/local/bin/tool')))).toBe(digestOf(content));
    expect(view()).toMatchObject({ run: 1, state: 'finished' });
    expect(ran()).toEqual(['use']);
  });
});

const aptPackage: DeviceArtifact = {
  kind: 'apt-package',
  name: 'packet',
  repository: 'https://repo.example/deb',
  suite: 'public',
  component: 'main',
  package: 'packet',
  keyUrl: 'https://repo.example/key',
  keyFingerprint: 'A'.repeat(40),
  minimumVersion: '1',
};

function oneFile(more: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    format: 1,
    mirrors: [],
    artifacts: [{ ...fileOf(Buffer.from('x'), 'http://127.0.0.1/x'), ...more }],
  });
}

function list(artifacts: readonly DeviceArtifact[]): void {
  mkdirSync(dirname(paths.artifactsFile), { recursive: true });
  writeFileSync(paths.artifactsFile, JSON.stringify({ format: 1, mirrors: [], artifacts }));
}

async function listedServer(manners: readonly Manner[]): Promise<FileServer> {
  const server = await serve(content, manners);
  servers.push(server);
  list([fileOf(content, `${server.url}/tool`)]);
  return server;
}

function contextWith(steps: readonly SetupStep[]): AgentContext {
  const context = fakeContext(root, steps);
  return { ...context, setups: provisioned(context.setups, paths, fastWorld()) };
}

async function apply(context: AgentContext, setup: StoredSetup = fullSetup): Promise<number> {
  writeSetup(paths, setup);
  return await runApply(context);
}

function types(): readonly string[] {
  return readEvents(paths.eventLog)
    .filter((event) => event.type !== 'stepProgress')
    .map((event) => ('step' in event ? `${event.type} ${event.step}` : event.type));
}

function view(): RunView {
  return foldEvents(readEvents(paths.eventLog));
}

function why(): string {
  return localText(view().steps.find(({ state }) => state === 'failed')?.why ?? '', 'en');
}

function ran(): readonly string[] {
  const path = join(root, 'runs');
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
}

function syncedBytes(): number {
  const path = join(paths.fetchFolder, `${digestOf(content)}.synced`);
  return existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
}
