import { createHash, timingSafeEqual } from 'node:crypto';
import { readIfThere } from '../device/look.ts';
import type { Admission } from '../door/protocol.ts';
import { describeError } from './describe-error.ts';
import type { Keeper } from './keeper.ts';

/** The claim window closes this long after the start of the device, so that a box forgotten in a cupboard is not open. */
export const claimWindowMs = 3_600_000;

type Limited = Extract<Admission, { readonly result: 'limited' | 'wrong' }>;

/** What the owner shows: an address of the network, and a way to find out whether the secret is right. */
export interface Proof {
  readonly address: string;
  readonly verify: () => boolean | Promise<boolean>;
}

/**
 * Lets a secret be tried, and counts it if it is wrong. Undefined: it is right. A right one while too many were wrong is
 * turned away like a wrong one, without a look at it.
 */
export async function admit(keeper: Keeper, { address, verify }: Proof): Promise<Limited | undefined> {
  const who = plainAddress(address);
  const retrySeconds = keeper.tries.waitSeconds(who);
  if (retrySeconds > 0) return { result: 'limited', retrySeconds };
  const verdict = verify();
  if (verdict === true) return undefined;
  // Counted before it is known: of a hundred at once only as many are looked at as there are tries left.
  const takeBack = keeper.tries.count(who);
  if (!(await verdict)) return { result: 'wrong' };
  takeBack();
  return undefined;
}

/** Whether the text is the code of this device. Dashes, spaces and case do not matter. */
export function isRightCode({ context }: Keeper, credential: string): boolean {
  const code = plainCode(readIfThere(context.paths.setupCode) ?? '');
  const shown = plainCode(credential);
  // Digests have one length, so the time tells nothing, not even how much was right.
  return timingSafeEqual(digestOf(code), digestOf(shown)) && code !== '';
}

/** Whether it is the password of this user, or of any administrator if no name is given. */
export async function isRightPassword(
  { context }: Keeper,
  who: { readonly name?: string; readonly password: string },
): Promise<boolean> {
  if (who.password === '') return false;
  for (const signIn of context.setups.signIns) {
    try {
      if (await signIn.verify(context.look, who)) return true;
    } catch (error) {
      context.report(`a password could not be checked: ${describeError(error)}`);
    }
  }
  return false;
}

/** Whether nobody can claim any more until the next start. */
export function isWindowClosed({ uptimeMs, phase }: Keeper): boolean {
  return phase() === 'unclaimed' && uptimeMs() >= claimWindowMs;
}

/** IPv4 has two ways to be written; one device must not get twice the tries. */
function plainAddress(address: string): string {
  return address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
}

function plainCode(text: string): string {
  return text.replaceAll(/[\s\p{Pd}]/gu, '').toUpperCase();
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
