import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeTask } from '../../../stages/90-first-boot/agent/apply/task.ts';
import type {
  DeviceLook,
  DeviceTask,
  RunResult,
  StepTask,
} from '../../../stages/90-first-boot/agent/device/door.ts';
import { lookAt } from '../../../stages/90-first-boot/agent/device/look.ts';
import type { Answers, SetupStep, Values } from '../../../stages/90-first-boot/agent/setup/define.ts';

/** A program of the fake device: gets its arguments and standard input, changes the device, may answer. */
export type FakeProgram = (args: readonly string[], input: string) => Partial<RunResult> | undefined;

export interface Call {
  readonly program: string;
  readonly args: readonly string[];
  readonly input: string;
}

/** Thrown instead of the operation at which the power is cut. */
export class PowerCut extends Error {}

export interface FakeDevice {
  readonly root: string;
  readonly look: DeviceLook;
  readonly calls: Call[];
  /** Lines of the step's log. */
  readonly log: string[];
  readonly programs: Record<string, FakeProgram>;
  readonly put: (path: string, text: string, mode?: number) => void;
  readonly get: (path: string) => string | undefined;
  readonly has: (path: string) => boolean;
  readonly mode: (path: string) => number;
  /** Runs a step; `cutAt` n: the power goes before its n-th operation. */
  readonly run: (step: SetupStep, answers: Readonly<Record<string, Values>>, cutAt?: number) => Promise<void>;
  readonly undo: (step: SetupStep, cutAt?: number) => Promise<void>;
  /** Everything on the device, by path. */
  readonly snapshot: () => Readonly<Record<string, string>>;
  readonly remove: () => void;
}

/** A device in a folder with programs that know only what they are told: any other argument fails. */
export function fakeDevice(files: Readonly<Record<string, string>> = {}): FakeDevice {
  const root = mkdtempSync(join(folderInMemory(), 'hearth-setup-'));
  const at = (path: string) => join(root, path);
  const calls: Call[] = [];
  const log: string[] = [];
  const programs: Record<string, FakeProgram> = { sync: () => ({}) };
  const put: FakeDevice['put'] = (path, text, mode = 0o644) => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
    chmodSync(at(path), mode);
  };
  for (const [path, text] of Object.entries(files)) put(path, text);
  const look: DeviceLook = {
    ...lookAt(root),
    run: async (program, args = [], options = {}) => {
      const { input = '' } = options;
      calls.push({ program, args, input });
      const answer = programs[program]?.(args, input);
      const missing = programs[program] === undefined ? `${program}: not found` : '';
      if (answer === undefined)
        return {
          exitCode: missing ? -1 : 64,
          stdout: '',
          stderr: missing || `${program}: unknown: ${args.join(' ')}`,
        };
      return { exitCode: 0, stdout: '', stderr: '', ...answer };
    },
  };
  const taskOf = (step: SetupStep, answers: Answers, cutAt: number): StepTask => {
    const task = makeTask({
      look,
      step,
      answers,
      log: (line) => log.push(line),
      blacken: (text) => text,
      progress: () => {},
      signal: new AbortController().signal,
    });
    return cutting(task, cutAt);
  };
  return {
    root,
    look,
    calls,
    log,
    programs,
    put,
    get: (path) => lookAt(root).read(path),
    has: (path) => existsSync(at(path)),
    mode: (path) => lstatSync(at(path)).mode & 0o7777,
    run: (step, answers, cutAt = Number.POSITIVE_INFINITY) =>
      step.run(taskOf(step, answered(answers), cutAt)),
    undo: async (step, cutAt = Number.POSITIVE_INFINITY) => await step.undo?.(taskOf(step, {}, cutAt)),
    snapshot: () => Object.fromEntries(filesBelow(root, '').sort(([a], [b]) => (a < b ? -1 : 1))),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Runs the work with a power cut before its first operation, then its second …, each on a device of its own. */
export async function atEveryCut(
  make: () => FakeDevice,
  work: (device: FakeDevice, cutAt: number) => Promise<void>,
  check: (device: FakeDevice, cutAt: number) => Promise<void>,
): Promise<number> {
  for (let cutAt = 1; ; cutAt++) {
    const device = make();
    try {
      await work(device, cutAt);
      return cutAt - 1;
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      await check(device, cutAt);
    } finally {
      device.remove();
    }
  }
}

/** Renames a file of the device, as mv and install do. */
export function move(device: FakeDevice, from: string, to: string): void {
  renameSync(join(device.root, from), join(device.root, to));
}

/** Hundreds of durable writes: on a disk each of them waits for it. */
function folderInMemory(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
}

/** The same task on a device whose power goes before its n-th operation. */
export function cutting<Task extends DeviceTask>(task: Task, cutAt = Number.POSITIVE_INFINITY): Task {
  let count = 0;
  const step = () => {
    count++;
    if (count >= cutAt) throw new PowerCut(`power cut at operation ${cutAt}`);
  };
  return {
    ...task,
    write: (...parts: Parameters<DeviceTask['write']>) => {
      step();
      task.write(...parts);
    },
    remove: (path: string) => {
      step();
      task.remove(path);
    },
    run: async (...parts: Parameters<DeviceTask['run']>) => {
      step();
      return await task.run(...parts);
    },
    must: async (...parts: Parameters<DeviceTask['must']>) => {
      step();
      return await task.must(...parts);
    },
  };
}

function answered(values: Readonly<Record<string, Values>>): Answers {
  return Object.fromEntries(
    Object.entries(values).map(([topic, fields]) => [topic, { state: 'answered', values: fields }]),
  );
}

function filesBelow(root: string, folder: string): [string, string][] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry): [string, string][] => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(root, path);
    if (entry.isSymbolicLink()) return [[path, `-> ${readlinkSync(join(root, path))}`]];
    const mode = (lstatSync(join(root, path)).mode & 0o7777).toString(8);
    return [[path, `${mode}\n${readFileSync(join(root, path), 'utf8')}`]];
  });
}
