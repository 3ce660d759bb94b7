import { nameOfDevice } from '../keeper/keeper.ts';
import { requestReset } from '../reset/run-reset.ts';
import type { Command } from './command.ts';
import { CtlProblem, done, failed, wrongUsage } from './outcome.ts';

/** Asks for a factory reset and restarts. */
export const resetCommand: Command = {
  options: { yes: { type: 'string' } },
  run: async ({ context, terminal, options }) => {
    const name = nameOfDevice(context);
    const given = options['yes'];
    if (given === undefined && !terminal.isInteractive)
      throw new CtlProblem('nobody can be asked here. In a script: hearthctl reset --yes NAME', wrongUsage);
    if (given === undefined) {
      terminal.say('This takes back the whole setup. The home folder of the administrator is deleted;');
      terminal.say('files in shared folders stay. The device restarts and has a new setup code.');
    }
    const shown = given ?? (await terminal.ask(`Type the name of the device (${name}) to go on: `));
    if (shown !== name) throw new CtlProblem('that is not its name. Nothing was changed', failed);
    requestReset(context.paths);
    const restart = await context.look.run('systemctl', ['reboot', '--no-block']);
    terminal.say('The factory reset is done at the next start.');
    if (restart.exitCode !== 0) throw new CtlProblem('the device did not restart: please restart it', failed);
    return done;
  },
};
