import type { Done, DoorCalls, Problems } from '../door/protocol.ts';
import { requestReset } from '../reset/run-reset.ts';
import { type Keeper, nameOfDevice } from './keeper.ts';

/** Restarts the device. It goes down only after the answer is sent: systemd ends this process last but politely. */
export async function reboot({ context }: Pick<Keeper, 'context'>): Promise<Done> {
  const result = await context.look.run('systemctl', ['reboot', '--no-block'], { timeoutMs: 20_000 });
  if (result.exitCode !== 0) throw new Error(`the device does not restart: exit code ${result.exitCode}`);
  return {};
}

/** Notes down a factory reset and restarts: the next start undoes everything before anything else begins. */
export async function reset(keeper: Keeper, ask: DoorCalls['reset']['ask']): Promise<Problems> {
  const { context } = keeper;
  const shown = ask.name
    .trim()
    .toLowerCase()
    .replace(/\.local$/, '');
  if (shown !== nameOfDevice(context).toLowerCase())
    return { problems: [{ field: 'name', message: otherName }] };
  requestReset(context.paths);
  await reboot(keeper);
  return { problems: [] };
}

const otherName = {
  en: 'This is not the name of the device. It stands at the top of the status page.',
  de: 'So heißt das Gerät nicht. Der Name steht oben auf der Statusseite.',
} as const;
