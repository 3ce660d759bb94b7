import { blackenSecrets } from '../apply/blacken.ts';
import { takeLock } from '../apply/lock.ts';
import { listenForStop } from '../apply/stop-signal.ts';
import { makeDeviceTask } from '../apply/task.ts';
import type { AgentContext } from '../context.ts';
import { StepFailure } from '../device/door.ts';
import type { StageCall, StageCommand } from '../setup/define.ts';
import { readSetup } from '../store/setup-store.ts';
import { localText } from '../text/local-text.ts';
import { failed } from './outcome.ts';
import type { Terminal } from './terminal.ts';

/** Runs a command of a stage. Gives its exit code. */
export async function runStageCommand(
  context: AgentContext,
  command: StageCommand,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const stop = listenForStop();
  try {
    return await command.run(stageCall(context, { args, terminal, signal: stop.signal }));
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    terminal.complain(`hearthctl: ${localText(error.why, terminal.language)}`);
    if (error.todo !== undefined) terminal.complain(localText(error.todo, terminal.language));
    return failed;
  } finally {
    stop.forget();
  }
}

/** The lines of `hearthctl --help` about the commands of stages; nothing if there are none. */
export function stageCommandHelp(commands: readonly StageCommand[]): string {
  if (commands.length === 0) return '';
  const width = Math.max(14, ...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return ['', '', 'Commands of the services:', '', ...lines].join('\n');
}

interface Called {
  readonly args: readonly string[];
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

function stageCall(context: AgentContext, { args, terminal, signal }: Called): StageCall {
  const { answers } = readSetup(context.paths);
  const blacken = blackenSecrets(context.setups.topics, answers);
  return {
    args,
    device: makeDeviceTask({ look: context.look, blacken, log: () => {}, signal }),
    answers,
    say: terminal.say,
    complain: terminal.complain,
    confirm: async (question) =>
      terminal.isInteractive &&
      /^(?:y|yes|j|ja)$/i.test((await terminal.ask(`${question} [y/N] `))?.trim() ?? ''),
    isTerminal: terminal.isInteractive,
    language: terminal.language,
    alone: (work) => whileAlone(context, work),
  };
}

async function whileAlone<Result>({ paths }: AgentContext, work: () => Promise<Result>): Promise<Result> {
  const lock = takeLock(paths);
  if (lock === undefined) throw new StepFailure(busy, busyTodo);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

const busy = {
  en: 'The device is applying answers or doing other work.',
  de: 'Das Gerät wendet gerade Antworten an oder ist mit anderem beschäftigt.',
} as const;

const busyTodo = {
  en: 'Please try again in a few minutes.',
  de: 'Bitte versuchen Sie es in einigen Minuten noch einmal.',
} as const;
