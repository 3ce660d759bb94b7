import { parseArgs } from 'node:util';
import type { AgentContext } from '../context.ts';
import { backupCommand } from './backup-command.ts';
import { bundleCommand } from './bundle-command.ts';
import type { Command } from './command.ts';
import { doctorCommand } from './doctor-command.ts';
import { helpOf } from './help.ts';
import { codeCommand, loginCommand } from './login-command.ts';
import { logsCommand } from './logs-command.ts';
import { CtlProblem, done, failed, notPossible, wrongUsage } from './outcome.ts';
import { resetCommand } from './reset-command.ts';
import { setupCommand } from './setup-command.ts';
import { runStageCommand, stageCommandHelp } from './stage-command.ts';
import { statusCommand } from './status-command.ts';
import { realTerminal, type Terminal } from './terminal.ts';

const commands: Readonly<Record<string, Command>> = {
  status: statusCommand,
  setup: setupCommand,
  doctor: doctorCommand,
  login: loginCommand,
  code: codeCommand,
  logs: logsCommand,
  backup: backupCommand,
  reset: resetCommand,
  'support-bundle': bundleCommand,
};

/** Runs `hearthctl ARGS`. Gives the exit code: 0 done, 1 failed, 2 wrong usage, 3 not possible now or here. */
export async function runCtl(
  context: AgentContext,
  args: readonly string[],
  terminal: Terminal = realTerminal(),
): Promise<number> {
  const [name = '', ...rest] = args;
  if (name === '') {
    terminal.complain(helpOf[''] ?? '');
    return wrongUsage;
  }
  if (['--help', '-h', 'help'].includes(name)) {
    terminal.say(`${helpOf[''] ?? ''}${stageCommandHelp(context.setups.commands)}`);
    return done;
  }
  try {
    return await runCommand(context, name, rest, terminal);
  } catch (error) {
    terminal.complain(`hearthctl: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof CtlProblem ? error.exitCode : failed;
  }
}

async function runCommand(
  context: AgentContext,
  name: string,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  const ofStage = context.setups.commands.find((one) => one.name === name);
  if (command === undefined && ofStage === undefined)
    throw new CtlProblem(`there is no command "${name}". See: hearthctl --help`, wrongUsage);
  if (args.includes('--help') || args.includes('-h')) {
    terminal.say((command === undefined ? ofStage?.help : helpOf[name]) ?? '');
    return done;
  }
  const run = command === undefined ? undefined : preparedRun(name, command, args);
  if (!terminal.isRoot) throw new CtlProblem(`it needs root: sudo hearthctl ${name}`, notPossible);
  if (run !== undefined) return await run(context, terminal);
  return ofStage === undefined ? wrongUsage : await runStageCommand(context, ofStage, args, terminal);
}

/** Judges the words behind the name first: a mistake in them is told to everybody. */
function preparedRun(name: string, command: Command, args: readonly string[]) {
  const { values, positionals } = readArgs(name, command, args);
  return (context: AgentContext, terminal: Terminal) =>
    command.run({ context, terminal, options: values, names: positionals });
}

function readArgs(name: string, { options, maxNames = 0 }: Command, args: readonly string[]) {
  try {
    const parsed = parseArgs({ args: [...args], allowPositionals: maxNames > 0, options: { ...options } });
    if (parsed.positionals.length > maxNames) throw new Error(`too much: ${parsed.positionals.at(-1)}`);
    return { values: parsed.values, positionals: parsed.positionals };
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    throw new CtlProblem(`${reason}. See: hearthctl ${name} --help`, wrongUsage);
  }
}
