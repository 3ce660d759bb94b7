import type { DeviceLook } from '../../../90-first-boot/agent/device/door.ts';
import type { DoctorCheck } from '../../../90-first-boot/agent/setup/define.ts';
import { accountCheck, actorCheck, cacheCheck } from './account-checks.ts';
import { clockCheck } from './clock-check.ts';
import { agentCheck, inboxCheck } from './inbox-checks.ts';
import { mailCheck } from './mail-check.ts';
import { mediaCheck } from './media-check.ts';
import { nameCheck } from './name-check.ts';
import { outgoingCheck } from './outgoing-check.ts';
import { healthCheck, instanceCheck } from './page-checks.ts';
import { queueCheck } from './queue-check.ts';
import { relayCheck } from './relay-check.ts';
import { asDoctorCheck, type MastodonCheck } from './scene.ts';
import { streamingCheck } from './streaming-check.ts';
import { tunnelCheck } from './tunnel-check.ts';
import { realWorld, type World } from './world.ts';

/** What a look of the doctor learned about names is good for all checks of the same look. */
const sharedMs = 10_000;

const checks: readonly MastodonCheck[] = [
  nameCheck,
  tunnelCheck,
  healthCheck,
  accountCheck,
  cacheCheck,
  actorCheck,
  inboxCheck,
  instanceCheck,
  streamingCheck,
  mediaCheck,
  clockCheck,
  queueCheck,
  relayCheck,
  mailCheck,
  agentCheck,
  outgoingCheck,
];

/** What the doctor looks at for Mastodon: all good on a device without it. A test has its own world. */
export function makeMastodonChecks(makeWorld: (device: DeviceLook) => World): readonly DoctorCheck[] {
  let shared: { readonly device: DeviceLook; readonly world: World; readonly atMs: number } | undefined;
  const worldOf = (device: DeviceLook) => {
    if (shared?.device !== device || Date.now() - shared.atMs > sharedMs)
      shared = { device, world: makeWorld(device), atMs: Date.now() };
    return shared.world;
  };
  return checks.map((check) => asDoctorCheck(check, worldOf));
}

/** The checks of Mastodon in the real Internet. */
export const mastodonChecks: readonly DoctorCheck[] = makeMastodonChecks(realWorld);
