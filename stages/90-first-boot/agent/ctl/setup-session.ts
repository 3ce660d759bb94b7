import type { AgentContext } from '../context.ts';
import { readIfThere } from '../device/look.ts';
import { connectDoor, type Door, DoorRefusal } from '../door/client.ts';
import type { Phase } from '../door/protocol.ts';
import { uptimeOfDevice } from '../keeper/keeper.ts';
import { openSessions } from '../keeper/sessions.ts';
import { phaseOf } from '../store/setup-store.ts';
import { CtlProblem, failed, notPossible } from './outcome.ts';

/** A way to the keeper, which alone writes the answers. */
export interface SetupSession {
  readonly door: Door;
  readonly token: string;
  readonly phase: Phase;
  readonly close: () => Promise<void>;
}

/**
 * Comes in as root: with the code that only root can read, later with a session of its own. `mayTakeOver` is asked when
 * somebody is at work in a browser, who is out then.
 */
export async function openSetupSession(
  context: AgentContext,
  mayTakeOver: () => Promise<boolean>,
): Promise<SetupSession> {
  const door = connectDoor(context.paths.keeperSocket);
  const before = phaseOf(context.paths);
  if (before === 'resetting') throw new CtlProblem('a factory reset waits for the restart', notPossible);
  const token =
    before === 'unclaimed' ? await claim(context, door) : await openAsRoot(context, before, mayTakeOver);
  return {
    door,
    token,
    phase: phaseOf(context.paths),
    close: async () => {
      await door.call('logout', { token }).catch(() => {});
    },
  };
}

async function openAsRoot(
  { paths }: AgentContext,
  phase: Phase,
  mayTakeOver: () => Promise<boolean>,
): Promise<string> {
  const sessions = openSessions(paths, uptimeOfDevice);
  if (phase === 'complete') return sessions.open('administrator');
  if (sessions.isSetupAwake() && !(await mayTakeOver()))
    throw new CtlProblem('somebody sets the device up in a browser', notPossible);
  return sessions.open('setup');
}

async function claim({ paths }: AgentContext, door: Door): Promise<string> {
  const credential = readIfThere(paths.setupCode)?.trim();
  if (credential === undefined)
    throw new CtlProblem('there is no setup code yet: systemctl start hearth-setup-code', notPossible);
  try {
    const admission = await door.call('claim', { address: '127.0.0.1', credential });
    if (admission.result === 'granted') return admission.token;
    throw new CtlProblem(refusals[admission.result], notPossible);
  } catch (error) {
    if (error instanceof DoorRefusal)
      throw new CtlProblem(`no answer (${error.message}): systemctl status hearth-keeper.socket`, failed);
    throw error;
  }
}

const refusals = {
  wrong: 'the setup code on the disk is not accepted: systemctl restart hearth-setup-code',
  limited: 'too many wrong codes were tried: wait 15 minutes',
  taken: 'somebody sets the device up in a browser right now: try again in 15 minutes',
  closed: 'the setup was open for an hour after the start: restart the device',
  over: 'the device is set up already',
} as const;
