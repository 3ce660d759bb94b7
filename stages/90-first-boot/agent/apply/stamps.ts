import { createHmac, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere } from '../device/look.ts';
import type { DevicePaths } from '../device/paths.ts';
import { writeDurably } from '../files/durable-file.ts';
import { makeFolders, removeDurably } from '../files/durable-folder.ts';
import type { Answers, SetupStep } from '../setup/define.ts';

/** Which steps were done, and with which answers. */
export interface Stamps {
  /** What the stamp of the step is once it is done with these answers. */
  readonly digestOf: (step: SetupStep, answers: Answers) => string;
  readonly read: (stepId: string) => string | undefined;
  /** The step is done. On the disk when this returns. */
  readonly set: (stepId: string, digest: string) => void;
  /** The step begins: until it is done it counts as not done, also with the answers of before. */
  readonly clear: (stepId: string) => void;
}

const keyPattern = /^[0-9a-f]{64}$/;

/** Opens the stamps, and makes the key of the device if there is none. A lost key makes every step run again. */
export function openStamps(paths: DevicePaths): Stamps {
  makeFolders(paths.stateFolder, 0o700);
  makeFolders(paths.stampsFolder, 0o700);
  const key = readOrMakeKey(paths.stampKey);
  const placeOf = (stepId: string) => join(paths.stampsFolder, stepId);
  return {
    digestOf: (step, answers) => createHmac('sha256', key).update(canonical(step, answers)).digest('hex'),
    read: (stepId) => readIfThere(placeOf(stepId))?.trim(),
    set: (stepId, digest) => writeDurably(placeOf(stepId), `${digest}\n`, 0o600),
    clear: (stepId) => {
      if (existsSync(placeOf(stepId))) removeDurably(placeOf(stepId));
    },
  };
}

/** With a key, because a short password could be found from a plain digest by trying. */
function readOrMakeKey(path: string): Buffer {
  const stored = readIfThere(path)?.trim() ?? '';
  if (keyPattern.test(stored)) return Buffer.from(stored, 'hex');
  const key = randomBytes(32);
  writeDurably(path, `${key.toString('hex')}\n`, 0o600);
  return key;
}

/** The same text for the same answers, in whatever order their fields and topics are kept. */
function canonical(step: SetupStep, answers: Answers): string {
  const used = [...new Set(step.uses)].sort().map((topic) => {
    const answer = answers[topic];
    if (answer?.state !== 'answered') return [topic, null];
    return [topic, Object.entries(answer.values).sort(([a], [b]) => (a < b ? -1 : 1))];
  });
  return JSON.stringify([step.id, step.version ?? 1, used]);
}
