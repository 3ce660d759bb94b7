import { takeLock } from '../apply/lock.ts';
import { listenForStop } from '../apply/stop-signal.ts';
import { openTarget } from '../backup/open-target.ts';
import { findBackup } from '../backup/read.ts';
import { restoreHere } from '../backup/restore.ts';
import { type BackupRun, freeBytesAt, withBackupTask } from '../backup/run.ts';
import { makeBackup } from '../backup/save.ts';
import { readBackupSettings } from '../backup/settings.ts';
import type { StoredBackup } from '../backup/target.ts';
import { verifyBackup } from '../backup/verify.ts';
import { StepFailure } from '../device/door.ts';
import { nameOfDevice } from '../keeper/keeper.ts';
import { phaseOf } from '../store/setup-store.ts';
import { localText } from '../text/local-text.ts';
import { type Command, type CommandCall, sayJson } from './command.ts';
import { CtlProblem, done, failed, notPossible, wrongUsage } from './outcome.ts';

type Action = (call: CommandCall, run: BackupRun) => Promise<void>;

/** What each word behind `hearthctl backup` does; `names` is how many words it takes at most. */
const actions: ReadonlyMap<string, { readonly names: number; readonly act: Action }> = new Map([
  ['now', { names: 0, act: makeNow }],
  ['list', { names: 0, act: listAll }],
  ['verify', { names: 1, act: verify }],
  ['restore', { names: 1, act: restore }],
]);

/** Makes backups, looks at them, and brings one back. */
export const backupCommand: Command = {
  options: { json: { type: 'boolean' }, yes: { type: 'boolean' } },
  maxNames: 2,
  run: async (call) => {
    const [word = '', ...names] = call.names;
    const action = actions.get(word);
    if (action === undefined || names.length > action.names)
      throw new CtlProblem('now, list, verify or restore? See: hearthctl backup --help', wrongUsage);
    try {
      await withRun(call, word, action.act);
      return done;
    } catch (error) {
      if (!(error instanceof StepFailure)) throw error;
      const text = (value: StepFailure['why']) => localText(value, call.terminal.language);
      call.terminal.complain(`hearthctl: ${text(error.why)}`);
      if (error.todo !== undefined) call.terminal.complain(text(error.todo));
      return failed;
    }
  },
};

async function withRun(call: CommandCall, word: string, act: Action): Promise<void> {
  const { context } = call;
  const settings = readBackupSettings(context.paths);
  if (settings === undefined)
    throw new CtlProblem('no backup is set up: open the status page, "Backup"', notPossible);
  const lock = word === 'list' ? undefined : takeLock(context.paths, 'backup');
  if (lock === undefined && word !== 'list')
    throw new CtlProblem('another backup is at work. Please try again later', notPossible);
  const stop = listenForStop();
  try {
    await withBackupTask(context, stop.signal, async (task) => {
      const target = openTarget(context.look, settings.place);
      await act(call, { context, settings, target, task, now: () => new Date(), freeBytes: freeBytesAt });
    });
  } finally {
    stop.forget();
    lock?.release();
  }
}

async function makeNow(call: CommandCall, run: BackupRun): Promise<void> {
  if (phaseOf(call.context.paths) !== 'complete')
    throw new CtlProblem('the device is not set up yet', notPossible);
  const stored = await makeBackup(run);
  if (call.options['json'] === true) sayJson(call, viewOf(stored));
  else call.terminal.say(lineOf(stored));
}

async function listAll(call: CommandCall, { target, task }: BackupRun): Promise<void> {
  const all = await target.list(task.signal);
  if (call.options['json'] === true) sayJson(call, all.map(viewOf));
  else if (all.length === 0) call.terminal.say('There is no backup yet.');
  else for (const one of all) call.terminal.say(lineOf(one));
}

async function verify(call: CommandCall, run: BackupRun): Promise<void> {
  const { backup, header, tried } = await verifyBackup(run, call.names[1]);
  if (call.options['json'] === true) {
    sayJson(call, { ...viewOf(backup), parts: header.parts, tried });
    return;
  }
  call.terminal.say(`${backup.name} is whole: ${header.parts.join(', ')}`);
  if (tried.length > 0) call.terminal.say(`really restored for a trial: ${tried.join(', ')}`);
}

async function restore(call: CommandCall, run: BackupRun): Promise<void> {
  const { context, terminal, options, names } = call;
  const [, name] = names;
  if (name === undefined) throw new CtlProblem('which one? See: hearthctl backup list', wrongUsage);
  if (phaseOf(context.paths) !== 'complete')
    throw new CtlProblem('the device is not set up: restore on its setup page', notPossible);
  const backup = await findBackup(run, { name });
  if (options['yes'] !== true) await refuseUnwanted(call, backup);
  // The applier must not start what is being replaced.
  const lock = takeLock(context.paths);
  if (lock === undefined)
    throw new CtlProblem('the answers are being applied. Please try again later', notPossible);
  let parts: readonly string[];
  try {
    parts = await restoreHere(run, backup, lock.release);
  } finally {
    lock.release();
  }
  if (options['json'] === true) sayJson(call, { ...viewOf(backup), parts });
  else terminal.say(`${backup.name} is back: ${parts.join(', ')}. The services start again now.`);
}

async function refuseUnwanted({ context, terminal }: CommandCall, { name, at }: StoredBackup): Promise<void> {
  if (!terminal.isInteractive)
    throw new CtlProblem(
      'nobody can be asked here. In a script: hearthctl backup restore NAME --yes',
      wrongUsage,
    );
  const host = nameOfDevice(context);
  terminal.say(`Everything that changed since ${at.toISOString()} is lost.`);
  terminal.say('The services stop meanwhile. The answers of the setup stay as they are.');
  const shown = await terminal.ask(`Type the name of the device (${host}) to bring back ${name}: `);
  if (shown !== host) throw new CtlProblem('that is not its name. Nothing was changed', failed);
}

function viewOf({ name, host, at, isEncrypted, sizeBytes }: StoredBackup) {
  return { name, host, at: at.toISOString(), isEncrypted, sizeBytes };
}

function lineOf({ name, sizeBytes }: StoredBackup): string {
  return `${name}  ${(sizeBytes / (1024 * 1024)).toFixed(1)} MiB`;
}
