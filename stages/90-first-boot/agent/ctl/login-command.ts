import { readIfThere } from '../device/look.ts';
import { nameOfDevice, uptimeOfDevice } from '../keeper/keeper.ts';
import { linkMs, makeLoginLink } from '../keeper/sessions.ts';
import { phaseOf } from '../store/setup-store.ts';
import { type Command, sayJson } from './command.ts';
import { CtlProblem, done, notPossible } from './outcome.ts';

/** Makes a link that opens the status page once. */
export const loginCommand: Command = {
  options: { json: { type: 'boolean' } },
  run: async (call) => {
    const { context, terminal, options } = call;
    if (phaseOf(context.paths) !== 'complete')
      throw new CtlProblem('the device is not set up yet. See: hearthctl code', notPossible);
    const link = makeLoginLink(context.paths, uptimeOfDevice());
    // Behind #: the browser sends that part to nobody, so it stands in no log.
    const url = `http://${nameOfDevice(context)}.local/login#link=${link}`;
    if (options['json'] === true) sayJson(call, { url, link, seconds: linkMs / 1000 });
    else {
      terminal.say('Open this address in a browser on the same network. It works once, within ten minutes:');
      terminal.say(url);
      terminal.say(`If the page asks for the key of the link, it is ${link}`);
    }
    return done;
  },
};

/** Shows the setup code. */
export const codeCommand: Command = {
  options: { json: { type: 'boolean' } },
  run: async (call) => {
    const { context, terminal, options } = call;
    if (!['unclaimed', 'asking'].includes(phaseOf(context.paths)))
      throw new CtlProblem('the code is of no use any more: the device is set up', notPossible);
    const code = readIfThere(context.paths.setupCode)?.trim();
    if (code === undefined)
      throw new CtlProblem('there is no code yet: systemctl start hearth-setup-code', notPossible);
    if (options['json'] === true) sayJson(call, { code });
    else terminal.say(code);
    return done;
  },
};
