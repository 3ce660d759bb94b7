import { type DeviceTask, StepFailure } from '../../../90-first-boot/agent/device/door.ts';
import { type KeptRelease, keepJson, readJson } from '../steps/mastodon-files.ts';

/** There from the begin of an upgrade to its end: who finds it after a power cut goes on from there. */
export const upgradeFile = '/var/lib/hearth/mastodon/upgrade.json';

/** The copy of the database from before the upgrade. */
export const dumpFile = '/srv/hearth/mastodon-upgrade/before.dump';

/**
 * `images`: the new images are fetched. `dump`: the database is copied. `before`: the first half of its changes. `roll`: new
 * pods take over. `after`: the second half; from here on only the copy leads back. `undo`: the old pods come back. `back`:
 * the copy, too.
 */
export type Phase = 'images' | 'dump' | 'before' | 'roll' | 'after' | 'undo' | 'back';

export interface Upgrade {
  readonly from: KeptRelease;
  readonly to: KeptRelease;
  /** Archives of the new images on the device, instead of a registry. */
  readonly archives?: { readonly web: string; readonly streaming: string };
  readonly phase: Phase;
  /** The second half failed: a person has to decide. */
  readonly isStuck?: boolean;
}

/** The upgrade that is going on; undefined if there is none. */
export function readUpgrade(task: Pick<DeviceTask, 'read'>): Upgrade | undefined {
  return readJson<Upgrade>(task, upgradeFile);
}

/** Notes how far the upgrade is. On the disk when this returns. */
export function noteUpgrade(task: Pick<DeviceTask, 'read' | 'write'>, upgrade: Upgrade): void {
  keepJson(task, upgradeFile, upgrade);
}

/** Throws StepFailure while an upgrade is going on: old answers and new version would get in each other's way. */
export function refuseWhileUpgrading(task: Pick<DeviceTask, 'read'>): void {
  if (task.read(upgradeFile) === undefined) return;
  throw new StepFailure(
    {
      en: 'An upgrade of Mastodon is not finished.',
      de: 'Ein Upgrade von Mastodon ist noch nicht fertig.',
    },
    {
      en: 'Go on with it: sudo hearthctl mastodon upgrade --continue. Then try again.',
      de: 'Setzen Sie es fort: sudo hearthctl mastodon upgrade --continue. Versuchen Sie es dann noch einmal.',
    },
  );
}
