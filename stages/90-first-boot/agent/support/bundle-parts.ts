import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentContext } from '../context.ts';
import { readIfThere } from '../device/look.ts';
import { runDoctor } from '../keeper/doctor.ts';
import { phaseOf, readSetup } from '../store/setup-store.ts';
import { removed } from './redact.ts';
import { isSecretField } from './sensitive.ts';

/** One file of the support bundle; its text is not redacted yet. */
export interface BundlePart {
  readonly name: string;
  readonly make: () => string | Promise<string>;
}

type Command = readonly [program: string, ...args: string[]];

const commandTimeoutMs = 20_000;

const commands: Readonly<Record<string, readonly Command[]>> = {
  'units.txt': [
    ['systemctl', '--no-pager', '--plain', '--failed', 'list-units'],
    ['systemctl', '--no-pager', '--plain', '--all', 'list-units'],
    ['systemctl', '--no-pager', '--plain', 'list-jobs'],
  ],
  'journal.txt': [['journalctl', '--boot', '--lines=2000', '--no-pager', '--output=short-iso']],
  'network.txt': [
    ['ip', '-brief', 'address'],
    ['ip', 'route'],
    ['nmcli', 'general', 'status'],
    ['nmcli', 'device', 'status'],
    ['nmcli', 'connection', 'show'],
    ['rfkill', '--output', 'TYPE,SOFT,HARD'],
  ],
  'disks.txt': [
    ['df', '--human-readable', '--print-type'],
    ['lsblk', '--output', 'NAME,SIZE,TYPE,FSTYPE,MOUNTPOINTS'],
    ['free', '--mebi'],
  ],
  'time.txt': [['timedatectl', 'status']],
};

/** The parts of the bundle, each made when it is its turn. */
export function bundleParts(context: AgentContext): readonly BundlePart[] {
  const { paths } = context;
  return [
    { name: 'release.txt', make: () => readIfThere(paths.releaseFile) ?? '' },
    { name: 'answers.json', make: () => answersText(context) },
    { name: 'events.jsonl', make: () => readIfThere(paths.eventLog) ?? '' },
    ...stepLogNames(paths.stepLogs).map((name) => ({
      name: `step-logs/${name}`,
      make: () => readIfThere(join(paths.stepLogs, name)) ?? '',
    })),
    { name: 'doctor.json', make: async () => json(await runDoctor(context)) },
    ...Object.entries(commands).map(([name, list]) => ({ name, make: () => runAll(context, list) })),
  ];
}

/** Which questions are answered and how, secrets only as such. */
function answersText({ paths, setups }: AgentContext): string {
  const { answers, ...setup } = readSetup(paths);
  const shown = Object.entries(answers).map(([id, answer]) => {
    if (answer.state !== 'answered') return [id, answer] as const;
    const fields = setups.topics.find((topic) => topic.id === id)?.fields ?? [];
    const values = Object.entries(answer.values).map(([name, value]) => {
      const field = fields.find((one) => one.name === name);
      return [name, field === undefined || isSecretField(field) ? removed : value] as const;
    });
    return [id, { ...answer, values: Object.fromEntries(values) }] as const;
  });
  return json({ phase: phaseOf(paths), ...setup, answers: Object.fromEntries(shown) });
}

function stepLogNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && /^[a-z0-9.-]+\.log$/.test(entry.name))
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
}

async function runAll({ look }: AgentContext, list: readonly Command[]): Promise<string> {
  const parts: string[] = [];
  for (const [program, ...args] of list) {
    const { exitCode, stdout, stderr } = await look.run(program, args, { timeoutMs: commandTimeoutMs });
    const end = exitCode === 0 ? '' : `[exit code ${exitCode}] ${stderr.trim()}\n`;
    parts.push(`# ${[program, ...args].join(' ')}\n${stdout}${end}`);
  }
  return parts.join('\n');
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
