import { StepFailure, type StepTask } from '../../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../../90-first-boot/agent/setup/define.ts';
import { splitReference } from '../cluster/images.ts';
import {
  type ImageArchives,
  imagesFile,
  type KeptRelease,
  keepJson,
  readJson,
  releaseFile,
} from './mastodon-files.ts';

const restoredRelease = '/var/lib/hearth/restore/mastodon/release.json';

/** Notes which Mastodon this is. What it needs is on the device then: the image's, or fetched before the apps start. */
export const imagesStep: SetupStep = {
  id: 'mastodon.images',
  order: 205,
  title: { en: 'Looking for Mastodon', de: 'Mastodon bereitlegen' },
  uses: ['mastodon'],
  needs: ['mastodon', 'mastodon-streaming'],
  seconds: 1,
  isOptional: true,
  run: async (task) => {
    if (task.answers('mastodon') === undefined) return;
    const web = archiveOf(task, 'mastodon');
    const streaming = archiveOf(task, 'mastodon-streaming');
    const archives: ImageArchives = { web, streaming };
    keepJson(task, imagesFile, archives);
    // An upgrade has its own word in that file: the image's release is only the first one.
    const kept = readJson<KeptRelease>(task, releaseFile);
    const [, version] = splitReference(web.reference);
    refuseOlder(version, readJson<KeptRelease>(task, restoredRelease)?.version);
    if (kept === undefined)
      keepJson(task, releaseFile, { version, web: web.reference, streaming: streaming.reference });
  },
};

function archiveOf(task: StepTask, name: string): ImageArchives['web'] {
  const artifact = task.artifact(name);
  if (artifact.kind !== 'container-image') throw new Error(`${name} is no container image`);
  return { reference: artifact.reference, path: artifact.path };
}

/** The database of a newer Mastodon can not be used by an older one. */
function refuseOlder(version: string, restored: string | undefined): void {
  if (restored === undefined || compareVersions(version, restored) >= 0) return;
  throw new StepFailure(
    {
      en: `The backup comes from Mastodon ${restored}, but this image has the older ${version}.`,
      de: `Die Sicherung stammt von Mastodon ${restored}, dieses Abbild hat aber das ältere ${version}.`,
    },
    {
      en: 'Write a newer image to the card, and restore the backup there.',
      de: 'Schreiben Sie ein neueres Abbild auf die Karte, und spielen Sie die Sicherung dort zurück.',
    },
  );
}

/** Like `v4.7.4`. Negative: the first is older. */
export function compareVersions(one: string, other: string): number {
  const numbers = (version: string) => version.match(/\d+/g)?.slice(0, 3).map(Number) ?? [];
  const [a, b] = [numbers(one), numbers(other)];
  const at = [0, 1, 2].find((index) => (a[index] ?? 0) !== (b[index] ?? 0)) ?? 0;
  return (a[at] ?? 0) - (b[at] ?? 0);
}
