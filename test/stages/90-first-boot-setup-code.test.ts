import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type FileSteps,
  realFileSteps,
  writeDurably,
} from '../../stages/90-first-boot/agent/files/durable-file.ts';
import {
  codeAlphabet,
  codeBits,
  isSetupCode,
  makeSetupCode,
} from '../../stages/90-first-boot/agent/setup-code/code.ts';
import { readOrMakeSetupCode } from '../../stages/90-first-boot/agent/setup-code/store.ts';
import { bundleAgent, fakeDevice, runAgent, startAgent } from './90-first-boot-device.ts';

let folder: string;
let bundle: string;
let device: ReturnType<typeof fakeDevice>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hearth-code-'));
  bundle = await bundleAgent(folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(() => {
  device = fakeDevice();
  return () => device.remove();
});

describe('makeSetupCode', () => {
  it('is hard to guess', () => {
    expect(codeBits).toBeGreaterThanOrEqual(40);
    expect(new Set(Array.from({ length: 1000 }, () => makeSetupCode())).size).toBe(1000);
  });

  it('can use every sign of the alphabet at every place', () => {
    for (const pick of [0, codeAlphabet.length - 1]) {
      const code = makeSetupCode(() => pick);

      expect(code).toBe([1, 2, 3].map(() => codeAlphabet.charAt(pick).repeat(4)).join('-'));
      expect(isSetupCode(code)).toBe(true);
    }
  });

  it.each(['0O', '1IL', '2Z', '5S', '8B', 'UV'])('has at most one of %s, which look alike', (alike) => {
    expect([...alike].filter((sign) => codeAlphabet.includes(sign)).length).toBeLessThanOrEqual(1);
  });

  it.each(['', 'ACDE-FGHJ', 'ACDE-FGHJ-KMN0', 'acde-fghj-kmnp', 'ACDE-FGHJ-KMNP\n', '<b>-FGHJ-KMNP'])(
    'does not take %j for a code',
    (text) => expect(isSetupCode(text)).toBe(false),
  );
});

describe('writeDurably', () => {
  it('brings the content to the disk before the name, and the name before it returns', () => {
    const { steps, names } = recordSteps();

    writeDurably(join(folder, 'order'), 'text', 0o600, steps);

    expect(names).toEqual('remove create write sync close rename openFolder sync close'.split(' '));
  });
});

describe('a power cut while the code is stored', () => {
  it.each(Array.from({ length: 9 }, (_, index) => index))('at step %i leaves a usable state', (cut) => {
    const path = join(device.root, 'var/lib/hearth/setup-code');
    expect(() => readOrMakeSetupCode(path, recordSteps(cut).steps)).toThrow('power cut');
    const left = existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;

    const next = readOrMakeSetupCode(path);

    expect(isSetupCode(next.code)).toBe(true);
    if (left !== undefined) expect(next).toEqual({ code: left, origin: 'stored' });
    expect(readFileSync(path, 'utf8')).toBe(`${next.code}\n`);
    expect(existsSync(`${path}.tmp`)).toBe(false);
  });

  it('at any moment of the real program keeps a code that was shown', async () => {
    const started = Date.now();
    await runAgent(bundle, 'setup-code', '--root', device.root);
    const usualMs = Date.now() - started;

    for (const part of [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1]) {
      const fresh = fakeDevice();
      await runAndKill(fresh.root, usualMs * part);
      const shown = codesShown(fresh.root);
      const { exitCode } = await runAgent(bundle, 'setup-code', '--root', fresh.root);
      const codes = codesShown(fresh.root);
      fresh.remove();

      expect(exitCode).toBe(0);
      expect(codes.filter(isSetupCode)).toHaveLength(1);
      expect([[], codes]).toContainEqual(shown);
    }
  });
});

describe('agent.mjs setup-code', () => {
  it('shows the stored code in all three places, and nothing of it in the journal', async () => {
    const { exitCode, output } = await runAgent(bundle, 'setup-code', '--root', device.root);
    const [stored, ...others] = placesOf(device.root).map(codeIn);

    expect(exitCode).toBe(0);
    expect(isSetupCode(stored ?? '')).toBe(true);
    expect(others).toEqual([stored, stored, stored]);
    expect(output).toContain('made the setup code');
    expect(output).not.toContain(stored);
  });

  it('lets only root read the store and the text of the login prompt', async () => {
    await runAgent(bundle, 'setup-code', '--root', device.root);

    for (const path of ['var/lib/hearth/setup-code', 'run/issue.d/90-hearth.issue'])
      expect(statSync(join(device.root, path)).mode & 0o777).toBe(0o600);
  });

  it('changes nothing when it runs again, and brings back a file that was deleted', async () => {
    await runAgent(bundle, 'setup-code', '--root', device.root);
    const card = join(device.root, 'boot/firmware/SETUP-CODE.txt');
    const before = { code: codeIn(card), written: statSync(card).mtimeMs };

    const second = await runAgent(bundle, 'setup-code', '--root', device.root);
    const untouched = statSync(card).mtimeMs;
    rmSync(card);
    await runAgent(bundle, 'setup-code', '--root', device.root);

    expect(second.output).toContain('SETUP-CODE.txt: already there');
    expect(untouched).toBe(before.written);
    expect(codeIn(card)).toBe(before.code);
  });

  it('goes on without the FAT partition, and says so', async () => {
    rmSync(join(device.root, 'boot/firmware/config.txt'));

    const { exitCode, output } = await runAgent(bundle, 'setup-code', '--root', device.root);

    expect(exitCode).toBe(0);
    expect(output).toContain('SETUP-CODE.txt: not possible, no FAT partition');
    expect(existsSync(join(device.root, 'boot/firmware/SETUP-CODE.txt'))).toBe(false);
    expect(codeIn(join(device.root, 'run/issue.d/90-hearth.issue'))).toBeDefined();
  });

  it('goes on when the FAT partition or the console can not be written, and says so', async () => {
    rmSync(join(device.root, 'dev/console'));
    mkdirSync(join(device.root, 'boot/firmware/SETUP-CODE.txt.tmp'));

    const { exitCode, output } = await runAgent(bundle, 'setup-code', '--root', device.root);

    expect(exitCode).toBe(0);
    expect(output).toContain('SETUP-CODE.txt: not possible, ');
    expect(output).toContain('console: not possible, ');
    expect(output).toContain('login prompt: shown');
  });

  it.each([
    ['is set up', 'complete', ''],
    ['is about to be reset', 'reset', ''],
  ])(
    'shows the code nowhere on a device that %s, and takes an old one from the card',
    async (_what, name, text) => {
      await runAgent(bundle, 'setup-code', '--root', device.root);
      const [stored] = codesShown(device.root);
      rmSync(join(device.root, 'run'), { recursive: true });
      writeFileSync(join(device.root, 'dev/console'), '');
      writeFileSync(join(device.root, 'var/lib/hearth', name), text);

      const { exitCode } = await runAgent(bundle, 'setup-code', '--root', device.root);

      expect(exitCode).toBe(0);
      expect(placesOf(device.root).map(codeIn)).toEqual([stored, undefined, undefined, undefined]);
    },
  );

  it('replaces a store that holds no code, and says so', async () => {
    writeFileSync(join(device.root, 'var/lib/hearth/setup-code'), '\0\0\0\0');

    const { exitCode, output } = await runAgent(bundle, 'setup-code', '--root', device.root);

    expect(exitCode).toBe(0);
    expect(output).toContain('damaged');
    expect(isSetupCode(codeIn(join(device.root, 'var/lib/hearth/setup-code')) ?? '')).toBe(true);
  });
});

/** The real steps, with their names in order; the one with the number `cut` does not happen, nor any after it. */
function recordSteps(cut = Number.POSITIVE_INFINITY): {
  readonly steps: FileSteps;
  readonly names: readonly string[];
} {
  const names: string[] = [];
  const entries = Object.entries(realFileSteps).map(([name, step]) => [
    name,
    (...args: readonly unknown[]) => {
      if (names.length >= cut) throw new Error('power cut');
      names.push(name);
      return (step as (...all: readonly unknown[]) => unknown)(...args);
    },
  ]);
  return { steps: Object.fromEntries(entries) as FileSteps, names };
}

async function runAndKill(root: string, afterMs: number): Promise<void> {
  const child = startAgent(bundle, 'setup-code', '--root', root);
  await wait(afterMs);
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** Every different code that is anywhere on the device. */
function codesShown(root: string): readonly string[] {
  return [...new Set(placesOf(root).flatMap((place) => codeIn(place) ?? []))];
}

function placesOf(root: string): readonly string[] {
  return [
    'var/lib/hearth/setup-code',
    'run/issue.d/90-hearth.issue',
    'dev/console',
    'boot/firmware/SETUP-CODE.txt',
  ].map((path) => join(root, path));
}

function codeIn(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  return /[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}/.exec(readFileSync(path, 'utf8'))?.[0];
}
