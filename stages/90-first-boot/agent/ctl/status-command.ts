import { addressUrl } from '../device/addresses.ts';
import { readDeviceStatus } from '../device/status.ts';
import type { Phase } from '../door/protocol.ts';
import { foldEvents } from '../events/fold.ts';
import { readEvents } from '../events/read-events.ts';
import { nameOfDevice } from '../keeper/keeper.ts';
import { servicesOfStages } from '../keeper/services.ts';
import { phaseOf, readSetup } from '../store/setup-store.ts';
import { localText } from '../text/local-text.ts';
import { type Command, sayJson } from './command.ts';
import { done } from './outcome.ts';

const phaseWords: Readonly<Record<Phase, string>> = {
  unclaimed: 'not set up; waits for the setup code (hearthctl code)',
  asking: 'being set up; questions are open (hearthctl setup)',
  applying: 'the answers are being applied (hearthctl logs)',
  complete: 'set up',
  resetting: 'a factory reset is done at the next start',
};

/** Where the device stands. */
export const statusCommand: Command = {
  options: { json: { type: 'boolean' } },
  run: async (call) => {
    const { context, terminal, options } = call;
    const phase = phaseOf(context.paths);
    const [{ addresses, services: units, release }, others] = await Promise.all([
      readDeviceStatus(context.paths, context.report),
      servicesOfStages(context),
    ]);
    const run = foldEvents(readEvents(context.paths.eventLog));
    const { answers } = readSetup(context.paths);
    const text = (value: Parameters<typeof localText>[0]) => localText(value, terminal.language);
    const status = {
      name: nameOfDevice(context),
      phase,
      release,
      addresses: addresses.map(addressUrl),
      services: [...units, ...others].map(({ name, state }) => ({ name: text(name), state })),
      topics: context.setups.topics.map(({ id }) => ({ id, state: answers[id]?.state ?? 'open' })),
      progress: { state: run.state, percent: run.percent },
    };
    if (options['json'] === true) {
      sayJson(call, status);
      return done;
    }
    terminal.say(`${status.name}: ${phaseWords[phase]}`);
    if (phase === 'applying') terminal.say(`  ${run.percent} %, ${run.state}`);
    terminal.say(`  http://${status.name}.local`);
    for (const address of status.addresses) terminal.say(`  ${address}`);
    for (const { name, state } of status.services) terminal.say(`  ${name}: ${state}`);
    return done;
  },
};
