import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runApply } from '../../../../stages/90-first-boot/agent/apply/run-steps.ts';
import type { AgentContext } from '../../../../stages/90-first-boot/agent/context.ts';
import { runCtl } from '../../../../stages/90-first-boot/agent/ctl/ctl.ts';
import type { Terminal } from '../../../../stages/90-first-boot/agent/ctl/terminal.ts';
import { StepFailure } from '../../../../stages/90-first-boot/agent/device/door.ts';
import { lookAt } from '../../../../stages/90-first-boot/agent/device/look.ts';
import { devicePaths } from '../../../../stages/90-first-boot/agent/device/paths.ts';
import { runKeeper } from '../../../../stages/90-first-boot/agent/keeper/server.ts';
import { collect } from '../../../../stages/90-first-boot/agent/setup/collected.ts';
import type { StageSetup } from '../../../../stages/90-first-boot/agent/setup/define.ts';

export const code = 'ACDE-FGHJ-KMNP';

export interface CtlDevice {
  readonly context: AgentContext;
  /** What systemctl was asked. */
  readonly asked: string[];
  /** Steps fail while this is true. */
  readonly trouble: { isThere: boolean };
  readonly ctl: (args: string, options?: CtlOptions) => Promise<CtlResult>;
  readonly remove: () => Promise<void>;
}

export interface CtlOptions {
  /** What the person types, line by line; secrets too. */
  readonly typed?: readonly string[];
  readonly isRoot?: boolean;
}

export interface CtlResult {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
  /** The questions that were asked without an echo. */
  readonly secretQuestions: readonly string[];
}

/** A device with a keeper, whose applier runs in this process when systemctl is asked to start it. */
export async function ctlDevice(): Promise<CtlDevice> {
  const root = mkdtempSync(join(tmpdir(), 'hearth-ctl-'));
  const paths = devicePaths(root);
  for (const folder of ['etc', 'usr/bin', 'run/hearth', 'var/lib/hearth', 'boot/firmware'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'etc/hostname'), 'hearth\n');
  writeFileSync(paths.setupCode, `${code}\n`);
  const asked: string[] = [];
  const trouble = { isThere: false };
  const working: Promise<unknown>[] = [];
  const context: AgentContext = {
    root,
    paths,
    look: {
      ...lookAt(root),
      run: async (program, args = []) => {
        if (program.endsWith('systemctl')) {
          asked.push(args.join(' '));
          if (args.includes('hearth-apply.service')) working.push(runApply(context));
        }
        return { exitCode: program.endsWith('systemctl') ? 0 : -1, stdout: '', stderr: '' };
      },
    },
    setups: collect([{ stage: '20-test', ...testSetup(trouble) }]),
    report: () => {},
  };
  const keeper = await runKeeper(context, { listen: paths.keeperSocket, uptimeMs: () => 60_000 });
  return {
    context,
    asked,
    trouble,
    ctl: (args, options = {}) => callCtl(context, args.split(' ').filter(Boolean), options),
    remove: async () => {
      await Promise.all(working);
      await keeper.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function callCtl(
  context: AgentContext,
  args: readonly string[],
  options: CtlOptions,
): Promise<CtlResult> {
  const { typed, isRoot = true } = options;
  const lines = [...(typed ?? [])];
  const out: string[] = [];
  const err: string[] = [];
  const secretQuestions: string[] = [];
  const terminal: Terminal = {
    say: (line) => out.push(line),
    complain: (line) => err.push(line),
    isInteractive: typed !== undefined,
    isRoot,
    language: 'en',
    ask: async (question) => {
      out.push(question);
      return lines.shift();
    },
    askSecret: async (question) => {
      secretQuestions.push(question);
      return lines.shift();
    },
  };
  const exitCode = await runCtl(context, args, terminal);
  return { exitCode, out: out.join('\n'), err: err.join('\n'), secretQuestions };
}

function testSetup(trouble: { readonly isThere: boolean }): StageSetup {
  return {
    topics: [
      {
        id: 'device',
        order: 1,
        title: 'What shall it be called?',
        short: 'Name',
        isOptional: false,
        fields: [
          {
            kind: 'text',
            name: 'name',
            label: 'Name',
            maxLength: 20,
            prefill: async () => 'hearth',
            validate: (value) => (/^[a-z]+$/.test(value) ? undefined : 'Small letters only.'),
          },
          {
            kind: 'choice',
            name: 'colour',
            label: 'Colour',
            choices: [
              { value: 'r', label: 'red' },
              { value: 'g', label: 'green' },
            ],
          },
          { kind: 'text', name: 'hash', label: 'Hash', maxLength: 20, source: 'file', isOptional: true },
        ],
      },
      {
        id: 'share',
        order: 2,
        title: 'Share files?',
        short: 'Files',
        isOptional: true,
        fields: [{ kind: 'secret', name: 'password', label: 'Password', maxLength: 20, isNew: true }],
      },
    ],
    steps: [
      {
        id: 'test.name',
        order: 1,
        title: 'Naming the device',
        uses: ['device'],
        seconds: 1,
        run: async (task) => {
          task.log('a line of the log');
          if (trouble.isThere) throw new StepFailure('It is broken.', 'Mend it.');
          task.write('/etc/done', JSON.stringify(task.answers('device')), 0o644);
        },
      },
      {
        id: 'test.share',
        order: 2,
        title: 'Sharing',
        uses: ['share'],
        seconds: 1,
        run: async (task) => task.write('/etc/share', 'shared', 0o600),
      },
    ],
    commands: [
      {
        name: 'plant',
        summary: 'looks after the plant',
        help: 'Usage: hearthctl plant water|show\n\n  hearthctl plant show',
        run: async ({ args: [verb], answers, device, say, complain, confirm, alone }) => {
          if (verb === 'show') say(answers['device']?.state ?? 'unknown');
          else if (verb === 'water') {
            if (!(await confirm('Water it?'))) throw new StepFailure('It was not watered.', 'Say yes.');
            await alone(async () => device.write('/etc/watered', 'wet', 0o600));
          } else {
            complain(`hearthctl plant: what is ${verb}?`);
            return 2;
          }
          return 0;
        },
      },
    ],
    services: [
      { name: 'Plant', description: 'Green', look: async () => 'starting' },
      { name: 'Tree', description: 'Not planted', look: async () => undefined },
      {
        name: 'Bush',
        description: 'In the fog',
        look: async () => {
          throw new Error('no view');
        },
      },
    ],
    checks: [
      {
        id: 'test.bad',
        title: 'Something',
        run: async () => ({ state: 'bad', meaning: 'It is bad.', todo: 'Do something.' }),
      },
    ],
  };
}
