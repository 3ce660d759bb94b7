import { stepLogFile } from '../apply/step-log.ts';
import { backupLogName } from '../backup/run.ts';
import { readIfThere } from '../device/look.ts';
import { foldEvents } from '../events/fold.ts';
import { readEvents } from '../events/read-events.ts';
import { localText } from '../text/local-text.ts';
import { type Command, type CommandCall, sayJson } from './command.ts';
import { CtlProblem, done, notPossible, wrongUsage } from './outcome.ts';

/** What the steps of the setup printed, and the backups. */
export const logsCommand: Command = {
  options: { json: { type: 'boolean' } },
  maxNames: 1,
  run: async (call) => {
    const [step] = call.names;
    if (step === undefined) listSteps(call);
    else showLog(call, step);
    return done;
  },
};

function showLog(call: CommandCall, step: string): void {
  const { context, terminal, options } = call;
  // Only known ids: it becomes part of a path.
  const isBackup = step === backupLogName;
  if (!isBackup && !context.setups.steps.some((one) => one.id === step))
    throw new CtlProblem(`there is no step "${step}". See: hearthctl logs`, wrongUsage);
  const text = readIfThere(stepLogFile(context.paths, step));
  if (text === undefined)
    throw new CtlProblem(
      isBackup ? 'there was no backup yet' : `the step ${step} has not run yet`,
      notPossible,
    );
  if (options['json'] === true) sayJson(call, { step, text });
  else terminal.say(text.trimEnd());
}

function listSteps(call: CommandCall): void {
  const { context, terminal, options } = call;
  const { steps } = foldEvents(readEvents(context.paths.eventLog));
  if (options['json'] === true) {
    sayJson(call, steps);
    return;
  }
  if (steps.length === 0) terminal.say('No step has run yet.');
  for (const { id, state, title, why, todo = '' } of steps) {
    terminal.say(`${state.padEnd(8)} ${id.padEnd(22)} ${localText(title, terminal.language)}`);
    if (why !== undefined)
      terminal.say(`         ${localText(why, terminal.language)} ${localText(todo, terminal.language)}`);
  }
}
