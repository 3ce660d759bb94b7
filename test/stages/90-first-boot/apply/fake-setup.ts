import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { AgentContext } from '../../../../stages/90-first-boot/agent/context.ts';
import type { StepTask } from '../../../../stages/90-first-boot/agent/device/door.ts';
import { lookAt } from '../../../../stages/90-first-boot/agent/device/look.ts';
import { devicePaths } from '../../../../stages/90-first-boot/agent/device/paths.ts';
import { collect } from '../../../../stages/90-first-boot/agent/setup/collected.ts';
import type { Field, SetupStep, Topic } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import {
  emptySetup,
  type StoredAnswer,
  type StoredSetup,
} from '../../../../stages/90-first-boot/agent/store/setup-store.ts';

/** No page, log or event may have it. */
export const canary = `canary-"7$'+ä/secret`;

/** A device with two programs: `add-user NAME` adds a line, `broken` fails and says the secret that it was given. */
export function fakeRoot(): { readonly root: string; readonly remove: () => void } {
  const root = mkdtempSync(join(tmpdir(), 'hearth-apply-'));
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  program(root, 'add-user', 'echo "$1" > "$(dirname "$0")/../../users"');
  program(root, 'broken', 'read -r secret; echo "output $secret"; echo "no such thing: $secret" >&2; exit 3');
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

export function program(root: string, name: string, script: string): void {
  const path = join(root, 'usr/bin', name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

const text = (name: string): Field => ({ kind: 'text', name, label: name, maxLength: 64 });

function topic(id: string, order: number, fields: readonly Field[], more: Partial<Topic> = {}): Topic {
  return { id, order, title: id, short: id, isOptional: false, fields, ...more };
}

/** Two required topics, an optional one, and one that makes no sense on this device. */
export const topics: readonly Topic[] = [
  topic('name', 1, [text('hostname')]),
  topic('account', 2, [
    text('user'),
    { kind: 'secret', name: 'password', label: 'p', maxLength: 64, isNew: true },
  ]),
  topic('share', 3, [text('folder')], { isOptional: true }),
  topic('wifi', 4, [text('network')], { isAvailable: async () => false }),
];

export interface FakeStepOptions {
  /** How long each of three parts of a step takes. */
  readonly pauseMs?: number;
}

/** Four steps, whose effect is the same however often they run. */
export function fakeSteps({ pauseMs = 0 }: FakeStepOptions = {}): readonly SetupStep[] {
  const parts = async (task: StepTask) => {
    for (const fraction of [0.3, 0.6]) {
      await wait(pauseMs, undefined, { signal: task.signal });
      task.progress(fraction, { en: `part ${fraction}`, de: `Teil ${fraction}` });
    }
    await wait(pauseMs, undefined, { signal: task.signal });
  };
  const steps: readonly SetupStep[] = [
    step('a.name', 1, ['name', 'wifi'], async (task) => {
      task.write('/etc/hostname', `${task.answers('name')?.['hostname']}\n`, 0o644);
      await parts(task);
    }),
    step('a.user', 2, ['account'], async (task) => {
      const { user = '', password = '' } = task.answers('account') ?? {};
      task.log(`password ${password}`);
      await parts(task);
      await task.must('add-user', [user]);
      task.write('/etc/shadow', password, 0o600);
    }),
    step('b.share', 3, ['share', 'account'], async (task) => {
      await parts(task);
      task.remove('/etc/old');
      task.write(`/srv/${task.answers('share')?.['folder']}/welcome`, 'hello\n', 0o666);
    }),
    step('b.last', 4, ['name', 'share'], parts),
  ];
  return steps.map((one) => ({
    ...one,
    run: async (task) => {
      appendFileSync(task.path('/runs'), `${one.id}\n`);
      await one.run(task);
    },
  }));
}

export function step(id: string, order: number, uses: readonly string[], run: SetupStep['run']): SetupStep {
  return { id, order, uses, run, title: { en: id, de: id }, seconds: order };
}

export function fakeContext(
  root: string,
  steps: readonly SetupStep[],
): AgentContext & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    root,
    paths: devicePaths(root),
    look: lookAt(root),
    setups: collect([{ stage: '30-fake', topics, steps }]),
    report: (line) => lines.push(line),
    lines,
  };
}

export function answered(values: Readonly<Record<string, string>>): StoredAnswer {
  return { state: 'answered', values, from: 'page' };
}

/** Everything answered, and to be applied. */
export const fullSetup: StoredSetup = {
  ...emptySetup,
  isClaimed: true,
  isWanted: true,
  answers: {
    name: answered({ hostname: 'attic' }),
    account: answered({ user: 'ada', password: canary }),
    share: answered({ folder: 'media' }),
  },
};
