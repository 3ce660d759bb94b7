import type { Admission, Done, DoorCalls } from '../door/protocol.ts';
import { admit, isRightPassword } from './admission.ts';
import type { Keeper } from './keeper.ts';

/** Opens a session after the setup, for an administrator's name and password. */
export async function login(
  keeper: Keeper,
  { address, name, password }: DoorCalls['login']['ask'],
): Promise<Admission> {
  // Without a name the password of anybody would do.
  const verify = async () => name !== '' && (await isRightPassword(keeper, { name, password }));
  return await letIn(keeper, address, verify);
}

/** Opens a session for a link of `hearthctl login`. */
export async function redeem(
  keeper: Keeper,
  { address, link }: DoorCalls['redeem']['ask'],
): Promise<Admission> {
  return await letIn(keeper, address, () => keeper.sessions.redeem(link));
}

export function logout(keeper: Keeper, { token }: DoorCalls['logout']['ask']): Done {
  keeper.sessions.close(token);
  return {};
}

async function letIn(
  keeper: Keeper,
  address: string,
  verify: () => boolean | Promise<boolean>,
): Promise<Admission> {
  if (keeper.phase() !== 'complete') return { result: 'over' };
  const refused = await admit(keeper, { address, verify });
  if (refused !== undefined) return refused;
  if (keeper.phase() !== 'complete') return { result: 'over' };
  return { result: 'granted', token: keeper.sessions.open('administrator') };
}
