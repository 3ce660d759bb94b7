import { parseArgs } from 'node:util';
import type { StageCall } from '../../../90-first-boot/agent/setup/define.ts';
import type { MastodonPlan } from '../manifests/plan.ts';
import type { AnswersTo } from '../plan.ts';
import { readPlan } from '../steps/mastodon-files.ts';

/** Exit codes of hearthctl. */
export const done = 0;
export const failed = 1;
export const wrongUsage = 2;
export const notPossible = 3;

/** One thing that `hearthctl mastodon` does. */
export interface Subcommand {
  readonly options: Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;
  /** How many words may follow, at least and at most. */
  readonly words: readonly [least: number, most: number];
  readonly run: (task: CommandTask) => Promise<number>;
}

/** What it has in hand. Mastodon is set up. */
export interface CommandTask {
  readonly call: StageCall;
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly answers: AnswersTo;
}

/** The words make no sense: exit code 2. */
export class UsageProblem extends Error {
  override readonly name = 'UsageProblem';
}

/** Not now or not here: exit code 3. */
export class NotPossible extends Error {
  override readonly name = 'NotPossible';
}

/** Reads the words behind the name of a subcommand. Throws UsageProblem. */
export function readWords(
  name: string,
  { options, words: [least, most] }: Pick<Subcommand, 'options' | 'words'>,
  args: readonly string[],
): Pick<CommandTask, 'words' | 'options'> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...options },
    });
    if (positionals.length < least) throw new Error('a word is missing');
    if (positionals.length > most) throw new Error(`too much: ${positionals.at(-1)}`);
    return { words: positionals, options: values };
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    throw new UsageProblem(`${name}: ${reason}. See: hearthctl mastodon --help`);
  }
}

/** The plan of the answers as they are. Throws StepFailure if the setup is not done yet. */
export function planOfDevice({ call, answers }: CommandTask): MastodonPlan {
  return readPlan({ read: call.device.read, answers });
}

/** Prints a value for scripts. */
export function sayJson({ call }: CommandTask, value: unknown): void {
  call.say(JSON.stringify(value, null, 2));
}

/** Asks whether to go on; `--yes` answers that for scripts. Throws if nobody says yes. */
export async function agree({ call, options }: CommandTask, question: string): Promise<void> {
  if (options['yes'] === true) return;
  if (!call.isTerminal) throw new UsageProblem('nobody can be asked here. In a script, add --yes');
  if (!(await call.confirm(question))) throw new NotPossible('nothing was changed');
}
