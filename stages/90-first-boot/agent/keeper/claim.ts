import type { Admission, DoorCalls } from '../door/protocol.ts';
import { readSetup, writeSetup } from '../store/setup-store.ts';
import { admit, isRightCode, isRightPassword, isWindowClosed } from './admission.ts';
import type { Keeper } from './keeper.ts';

/** Opens the setup for the one who has the code, or the password that the card brought. */
export async function claim(
  keeper: Keeper,
  { address, credential }: DoorCalls['claim']['ask'],
): Promise<Admission> {
  const refused = refusalOf(keeper);
  if (refused !== undefined) return refused;
  const verify = () => isOwner(keeper, credential);
  return (await admit(keeper, { address, verify })) ?? takeIn(keeper);
}

/** Whether the code or the password of an administrator is right. */
export function isOwner(keeper: Keeper, credential: string): boolean | Promise<boolean> {
  return isRightCode(keeper, credential) || isRightPassword(keeper, { password: credential });
}

/** Why nobody can claim now, whatever they show; undefined: somebody can. */
export function refusalOf(
  keeper: Keeper,
): Extract<Admission, { readonly result: 'over' | 'closed' }> | undefined {
  const phase = keeper.phase();
  if (phase === 'complete' || phase === 'resetting') return { result: 'over' };
  return isWindowClosed(keeper) ? { result: 'closed' } : undefined;
}

/** Everything here happens in one go, without waiting for anything: of many right claims at once the first one wins. */
function takeIn(keeper: Keeper): Admission {
  // Checking a password takes time, in which another one may have come in.
  const refused = refusalOf(keeper);
  if (refused !== undefined) return refused;
  const { paths } = keeper.context;
  const setup = readSetup(paths);
  if (setup.isClaimed && keeper.sessions.isSetupAwake()) return { result: 'taken' };
  if (!setup.isClaimed) writeSetup(paths, { ...setup, isClaimed: true });
  return { result: 'granted', token: keeper.sessions.open('setup') };
}
