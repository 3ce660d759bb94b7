import type { DeviceLook } from '../../../90-first-boot/agent/device/door.ts';
import type { CheckResult, DoctorCheck } from '../../../90-first-boot/agent/setup/define.ts';
import type { LocalText } from '../../../90-first-boot/agent/text/local-text.ts';
import { failureResult } from './edge-texts.ts';
import { type DoctorFacts, readFacts } from './facts.ts';
import { type HttpCall, type HttpReply, httpCall, PublicFailure } from './http-call.ts';
import type { World } from './world.ts';

/** What a check of Mastodon has in hand. */
export interface Scene {
  readonly facts: DoctorFacts;
  readonly device: DeviceLook;
  readonly world: World;
  /** Ends what is under way when the check's time is over. */
  readonly signal: AbortSignal;
  /** Asks a public address over the public path. Follows nothing. Throws PublicFailure. */
  readonly fetch: (url: string, call?: Omit<HttpCall, 'signal'>) => Promise<HttpReply>;
}

export interface MastodonCheck {
  readonly id: string;
  readonly title: LocalText;
  readonly look: (scene: Scene) => Promise<CheckResult>;
}

/** Below the doctor's own limit, so that the owner is told what was being waited for. */
const limitMs = 18_000;

const notSetUp: CheckResult = {
  state: 'good',
  meaning: {
    en: 'Mastodon is not set up on this device.',
    de: 'Mastodon ist auf diesem Gerät nicht eingerichtet.',
  },
};

/** The check as the doctor runs it: quiet without Mastodon, and with words for a public path that leads nowhere. */
export function asDoctorCheck(
  { id, title, look }: MastodonCheck,
  worldOf: (device: DeviceLook) => World,
): DoctorCheck {
  return {
    id,
    title,
    run: async (device) => {
      const facts = readFacts(device);
      if (facts === undefined) return notSetUp;
      const world = worldOf(device);
      const signal = AbortSignal.timeout(limitMs);
      const fetch: Scene['fetch'] = async (url, call = {}) =>
        await httpCall(url, { ...call, signal }, await world.connect(new URL(url).hostname));
      try {
        return await look({ facts, device, world, signal, fetch });
      } catch (error) {
        if (error instanceof PublicFailure) return failureResult(error);
        throw error;
      }
    },
  };
}
