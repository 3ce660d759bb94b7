import type { JoinWish } from '../door/protocol.ts';
import type { Clock } from './clock.ts';
import type { JoinFailure, Network, ScannedNetwork } from './network.ts';

export interface JoinOutcome {
  /** Undefined: the device is in the network, also after a restart. */
  readonly failure?: JoinFailure;
  /** What was heard on the way. */
  readonly networks: readonly ScannedNetwork[];
}

/** Somebody stands there with a phone and waits: 30 seconds in all, one of them for seeing that there is a wish. */
export const backWithinMs = 29_000;

/** The parts of it. Each `until` counts from the beginning. The phone gets its answer before the hotspot goes off. */
const answerMs = 1_000;
const closeMs = 3_000;
const prepareMs = 1_000;
const scanMs = 6_000;
const connectUntilMs = 19_500;
const internetUntilMs = 22_500;
const forgetMs = 1_500;
/** What is left for starting the hotspot again. */
export const reopenMs = backWithinMs - internetUntilMs - forgetMs;

/**
 * Leaves the hotspot, which can't be on at the same time on these radios, and joins the wanted network. When that fails the
 * try is undone, and there is enough time left to start the hotspot again in time. `before`: what was in range earlier.
 */
export async function tryToJoin(
  network: Network,
  wish: JoinWish,
  clock: Clock,
  before: readonly ScannedNetwork[] = [],
): Promise<JoinOutcome> {
  const beginMs = clock.nowMs();
  const leftMs = (untilMs: number) => Math.max(0, beginMs + untilMs - clock.nowMs());
  await clock.wait(answerMs);
  await network.close(closeMs);
  await network.prepare(prepareMs, wish.country);
  const heard = await network.scan(scanMs);
  const networks = heard ?? before;
  const now = heard?.find(isWanted);
  // A look around that took too long tells nothing, and one right after the hotspot not all.
  const seen = now ?? before.find(isWanted);
  // It does not tell its name, or is too far away to be heard.
  const isHidden = seen === undefined;
  const result = await connect();
  if (result === 'connected') {
    await network.keep(wish, isHidden);
    return { networks };
  }
  await network.forget(forgetMs);
  return { networks, failure: result };

  function isWanted({ name }: ScannedNetwork): boolean {
    return name === wish.network;
  }

  async function connect(): Promise<'connected' | JoinFailure> {
    if (seen !== undefined && seen.isSecured !== (wish.password !== '')) return 'wrongPassword';
    const connected = await network.connect(wish, isHidden, leftMs(connectUntilMs));
    if (connected !== 'connected')
      return meaningOf(connected, seen, now !== undefined || heard === undefined);
    if (wish.evenWithoutInternet || (await network.hasInternet(leftMs(internetUntilMs)))) return 'connected';
    return 'noInternet';
  }
}

/**
 * What was never heard can't have refused the password; and NetworkManager says "not found" of one that is there and does
 * not let it in.
 */
function meaningOf(failure: JoinFailure, seen: ScannedNetwork | undefined, isThere: boolean): JoinFailure {
  if (seen === undefined) return failure === 'noAddress' ? failure : 'notFound';
  if (failure === 'notFound' && isThere) return seen.isSecured ? 'wrongPassword' : 'other';
  return failure;
}
