import { fchmodSync } from 'node:fs';
import { dirname, isAbsolute, normalize } from 'node:path';
import type { DeviceLook, DeviceTask, StepTask } from '../device/door.ts';
import { type FileSteps, realFileSteps, writeDurably } from '../files/durable-file.ts';
import { makeFolders, removeDurably } from '../files/durable-folder.ts';
import { type ImageArtifacts, noArtifacts } from '../provision/image-artifacts.ts';
import { findArtifact } from '../provision/needs.ts';
import type { Answers, SetupStep } from '../setup/define.ts';
import type { Blacken } from './blacken.ts';
import { programFailure } from './failure.ts';

export interface DeviceTaskParts {
  readonly look: DeviceLook;
  /** For what is cut before others can blacken it. */
  readonly blacken: Blacken;
  /** Lines for the log; blackens them. */
  readonly log: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface TaskParts extends DeviceTaskParts {
  readonly step: SetupStep;
  readonly answers: Answers;
  /** Default: none. */
  readonly artifacts?: ImageArtifacts;
  readonly progress: StepTask['progress'];
}

/** What a step has in hand. Once the signal is aborted nothing new is begun: writing or running throws. */
export function makeTask(parts: TaskParts): StepTask {
  const { step, answers, artifacts = noArtifacts, progress } = parts;
  return {
    ...makeDeviceTask(parts),
    answers: (topic) => {
      if (!step.uses.includes(topic)) throw new Error(`the step ${step.id} does not use the topic ${topic}`);
      const answer = answers[topic];
      return answer?.state === 'answered' ? answer.values : undefined;
    },
    artifact: (name) => {
      if (step.needs?.includes(name) !== true) throw new Error(`the step ${step.id} does not need ${name}`);
      return findArtifact(artifacts, name);
    },
    progress,
  };
}

/** The same without what belongs to a step. */
export function makeDeviceTask({ look, blacken, log, signal }: DeviceTaskParts): DeviceTask {
  const run: DeviceLook['run'] = async (program, args = [], options = {}) => {
    signal.throwIfAborted();
    log(`$ ${[program, ...args].join(' ')}`);
    const result = await look.run(program, args, options);
    if (result.stderr.trim() !== '') log(result.stderr);
    if (result.exitCode !== 0) log(`exit code ${result.exitCode}`);
    return result;
  };
  return {
    path: look.path,
    read: look.read,
    run,
    must: async (program, args, options) => {
      const result = await run(program, args, options);
      if (result.exitCode === 0) return result;
      // Only now: what a program prints when it works may be a secret that it made (a password's hash).
      if (result.stdout.trim() !== '') log(result.stdout);
      throw programFailure(program, result, blacken);
    },
    write: (path, text, mode) => {
      signal.throwIfAborted();
      const place = look.path(checked(path));
      makeFolders(dirname(place), 0o755);
      writeDurably(place, text, mode, withExactMode);
      log(`wrote ${path}`);
    },
    remove: (path) => {
      signal.throwIfAborted();
      removeDurably(look.path(checked(path)));
      log(`removed ${path}`);
    },
    log,
    signal,
  };
}

/** The umask of the service must not decide who can read the file. */
const withExactMode: FileSteps = {
  ...realFileSteps,
  create: (path, mode) => {
    const handle = realFileSteps.create(path, mode);
    fchmodSync(handle, mode);
    return handle;
  },
};

function checked(path: string): string {
  if (!isAbsolute(path) || normalize(path) !== path || path === '/')
    throw new Error(`not a plain path of the device: ${path}`);
  return path;
}
