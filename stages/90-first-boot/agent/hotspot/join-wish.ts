import { readIfThere } from '../device/look.ts';
import type { DevicePaths } from '../device/paths.ts';
import type { JoinWish } from '../door/protocol.ts';
import { removeDurably } from '../files/durable-folder.ts';

/** Reads which network to join. A file that holds no wish is removed: it would be looked at for ever. */
export function readWish(paths: DevicePaths): JoinWish | undefined {
  const text = readIfThere(paths.joinFile);
  if (text === undefined) return undefined;
  const wish = wishIn(text);
  if (wish === undefined) removeWish(paths);
  return wish;
}

/** The wish was tried: the password in it must not stay. */
export function removeWish(paths: DevicePaths): void {
  removeDurably(paths.joinFile);
}

function wishIn(text: string): JoinWish | undefined {
  try {
    const wish = JSON.parse(text) as Partial<JoinWish> | null;
    if (typeof wish?.network !== 'string' || wish.network === '') return undefined;
    return {
      address: '',
      credential: '',
      country: /^[A-Z]{2}$/.test(wish.country ?? '') ? (wish.country ?? '') : '',
      network: wish.network,
      password: typeof wish.password === 'string' ? wish.password : '',
      evenWithoutInternet: wish.evenWithoutInternet === true,
    };
  } catch {
    return undefined;
  }
}
