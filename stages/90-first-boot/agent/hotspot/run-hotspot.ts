import { existsSync } from 'node:fs';
import type { AgentContext } from '../context.ts';
import type { HotspotView, JoinWish } from '../door/protocol.ts';
import { type Clock, slowClock } from './clock.ts';
import { decide, type HotspotState, open, waiting } from './decide.ts';
import { readView, removeView, writeView } from './hotspot-view.ts';
import { readWish, removeWish } from './join-wish.ts';
import type { Network, ScannedNetwork } from './network.ts';
import { nmcliNetwork } from './nmcli-network.ts';
import { reopenMs, tryToJoin } from './try-to-join.ts';

export interface HotspotOptions {
  readonly network?: Network;
  readonly clock?: Clock;
  /** Ends it, and the hotspot with it: the device is being shut down. */
  readonly signal?: AbortSignal;
}

const lookEveryMs = 2_000;
const sliceMs = 500;
/** With a network there is nothing to hurry for. */
const lookEveryConnectedMs = 10_000;
const closeMs = 5_000;
const prepareMs = 3_000;
const scanMs = 10_000;
const openMs = 20_000;
/** A radio that was switched on just now needs a moment before it hears anything. */
const radioStartMs = 2_000;

/**
 * The setup hotspot: an open wireless network while the device is not set up and has no other network. Runs as root;
 * resolves when the device is set up, and then is not needed any more.
 */
export async function runHotspot(context: AgentContext, options: HotspotOptions = {}): Promise<void> {
  const { clock = slowClock(slowness()), network = nmcliNetwork(context.look, clock), signal } = options;
  const hotspot = new Hotspot(context, network, clock);
  if (readWish(context.paths) === undefined) await network.forget(closeMs);
  while (signal?.aborted !== true) {
    const pauseMs = await hotspot.turn();
    if (pauseMs === undefined) return;
    // A wish can't wait for the next look.
    for (let waitedMs = 0; waitedMs < pauseMs && !existsSync(context.paths.joinFile); waitedMs += sliceMs)
      await clock.wait(sliceMs, signal);
  }
  await hotspot.close();
}

/** HEARTH_SLOWNESS multiplies every time, on an emulated computer: 3 if it takes three times as long as a Pi. */
function slowness(): number {
  return Math.max(1, Number(process.env['HEARTH_SLOWNESS']) || 1);
}

class Hotspot {
  readonly #context: AgentContext;
  readonly #network: Network;
  readonly #clock: Clock;
  #state: HotspotState;
  #networks: readonly ScannedNetwork[];
  #country: string;
  #failure: HotspotView['failure'];

  constructor(context: AgentContext, network: Network, clock: Clock) {
    this.#context = context;
    this.#network = network;
    this.#clock = clock;
    this.#state = waiting(clock.nowMs());
    const view = readView(context.paths);
    this.#networks = view?.networks ?? [];
    this.#country = view?.country || currentCountry(context);
    this.#failure = view?.failure;
  }

  /** Looks once, and does what is to be done. Gives when to look again, in ms; undefined: never. */
  async turn(): Promise<number | undefined> {
    const { paths } = this.#context;
    const wish = readWish(paths);
    const seen = await this.#network.look();
    const sight = {
      ...seen,
      isComplete: existsSync(paths.completeFile),
      hasWish: wish !== undefined,
      hasView: readView(paths) !== undefined,
    };
    const { state, action } = decide(this.#state, sight, this.#clock.nowMs());
    this.#state = state;
    if (action === 'open') await this.#begin();
    if (action === 'close') await this.close();
    if (action === 'join' && wish !== undefined) await this.#join(wish);
    // Left over from a crash, between the view and the hotspot.
    if (state.name === 'waiting' && action === 'none' && sight.hasView) removeView(paths);
    if (action !== 'leave') return seen.isConnected && action === 'none' ? lookEveryConnectedMs : lookEveryMs;
    await this.close();
    removeWish(paths);
    return undefined;
  }

  async close(): Promise<void> {
    removeView(this.#context.paths);
    await this.#network.close(closeMs);
  }

  async #begin(): Promise<void> {
    await this.#network.prepare(prepareMs);
    this.#networks = (await this.#network.scan(scanMs)) ?? [];
    if (this.#networks.length === 0) {
      await this.#clock.wait(radioStartMs);
      this.#networks = (await this.#network.scan(scanMs)) ?? [];
    }
    await this.#open(openMs);
  }

  async #join(wish: JoinWish): Promise<void> {
    const { paths, report } = this.#context;
    report('leaving the setup hotspot to join a wireless network');
    const outcome = await tryToJoin(this.#network, wish, this.#clock, this.#networks);
    if (wish.country !== '') this.#country = wish.country;
    if (outcome.networks.length > 0) this.#networks = outcome.networks;
    if (outcome.failure === undefined) {
      report('in the wireless network now');
      this.#failure = undefined;
      removeView(paths);
      removeWish(paths);
      this.#state = waiting(this.#clock.nowMs());
      return;
    }
    report(`the wireless network could not be joined: ${outcome.failure}`);
    this.#failure = { network: wish.network, reason: outcome.failure };
    // If that is too short: late is better than after all the patience again.
    await this.#open(reopenMs, openMs);
  }

  /** First the word for the page, then the hotspot: whoever comes in gets an answer. A wish is over by then. */
  async #open(limitMs: number, secondLimitMs?: number): Promise<void> {
    const { paths, report } = this.#context;
    const view = { networks: this.#networks, country: this.#country };
    writeView(paths, this.#failure === undefined ? view : { ...view, failure: this.#failure });
    removeWish(paths);
    let isOpen = await this.#network.open(limitMs);
    if (!isOpen && secondLimitMs !== undefined) isOpen = await this.#network.open(secondLimitMs);
    report(isOpen ? 'the setup hotspot is on' : 'the setup hotspot could not be started');
    if (!isOpen) removeView(paths);
    this.#state = isOpen ? open(this.#clock.nowMs()) : waiting(this.#clock.nowMs());
  }
}

/** The country whose radio rules hold, as the image or the command line set it; empty if none is. */
function currentCountry({ look }: AgentContext): string {
  const country = look.read('/sys/module/cfg80211/parameters/ieee80211_regdom')?.trim() ?? '';
  return /^[A-Z]{2}$/.test(country) ? country : '';
}
