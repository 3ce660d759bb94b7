import { StepFailure, type StepTask } from '../../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../../90-first-boot/agent/setup/define.ts';
import { hasImage, importImage, splitReference } from '../cluster/images.ts';
import { apply } from '../cluster/kubectl.ts';
import { forgetJob, type JobTimes, jobTimes, lastLines, runJob } from '../cluster/run-job.ts';
import { prepareJob } from '../manifests/jobs.ts';
import { renderManifests } from '../manifests/manifests.ts';
import type { MastodonPlan } from '../manifests/plan.ts';
import { planTopics } from '../plan.ts';
import { refuseWhileUpgrading } from '../upgrade/journal.ts';
import { getImages } from '../upgrade/new-images.ts';
import { compareVersions } from './images-step.ts';
import {
  appliedFile,
  domainsFile,
  type ImageArchives,
  imagesFile,
  type KeptRelease,
  keepJson,
  readJson,
  readPlan,
  refuseWithoutServer,
  releaseFile,
} from './mastodon-files.ts';

/** Puts Mastodon's settings into the cluster and makes its database ready. */
export const databaseStep: SetupStep = makeDatabaseStep(jobTimes);

/** The step with other times, for tests. */
export function makeDatabaseStep(times: JobTimes): SetupStep {
  return {
    id: 'mastodon.database',
    order: 230,
    title: { en: 'Preparing the database of Mastodon', de: 'Datenbank von Mastodon vorbereiten' },
    uses: [...planTopics, 'cluster'],
    seconds: 240,
    isOptional: true,
    run: async (task) => {
      if (task.answers('mastodon') === undefined) return;
      refuseWithoutServer(task.answers);
      refuseWhileUpgrading(task);
      settleRelease(task);
      const plan = readPlan(task);
      refuseOtherDomains(task, plan);
      await importImages(task, plan);
      task.progress(0.3, messages.database);
      // From here on there is something to take back.
      if (task.read(appliedFile) === undefined) task.write(appliedFile, '', 0o600);
      await apply(task, renderManifests(plan).foundation);
      await prepare(task, plan, times);
      keepJson(task, domainsFile, domainsOf(plan));
    },
  };
}

async function prepare(task: StepTask, plan: MastodonPlan, times: JobTimes): Promise<void> {
  const job = prepareJob(plan);
  const { isDone, log } = await runJob(task, job, times, (waitedMs, trouble) =>
    task.progress(Math.min(0.95, 0.3 + waitedMs / 600_000), trouble ?? messages.database),
  );
  // The next time it may be another database: one from a backup.
  if (isDone) return await forgetJob(task, job);
  task.log(lastLines(log));
  throw new StepFailure(messages.failed, messages.failedTodo);
}

/** Those of the image from their archives; those of an upgrade again by their digests, if the cluster has lost them. */
async function importImages(task: StepTask, { release }: MastodonPlan): Promise<void> {
  task.progress(0.02, messages.images);
  const archives = readJson<ImageArchives>(task, imagesFile);
  if (archives?.web.reference === release.web) {
    await importImage(task, archives.web);
    task.progress(0.25, messages.images);
    await importImage(task, archives.streaming);
    return;
  }
  const kept = readJson<KeptRelease>(task, releaseFile);
  if (kept?.sources === undefined) throw new StepFailure(messages.noImages, messages.noImagesTodo);
  if ((await hasImage(task, kept.web)) && (await hasImage(task, kept.streaming))) return;
  await getImages(task, { to: kept });
}

/** A backup brings the release that ran when it was made. The image's takes over, unless that is older. */
function settleRelease(task: StepTask): void {
  const archives = readJson<ImageArchives>(task, imagesFile);
  const kept = readJson<KeptRelease>(task, releaseFile);
  if (archives === undefined || kept === undefined) return;
  const { web, streaming } = archives;
  const [, version] = splitReference(web.reference);
  if (kept.web === web.reference || compareVersions(version, kept.version) < 0) return;
  keepJson(task, releaseFile, { version, web: web.reference, streaming: streaming.reference });
}

/** Every name and every address in the database, and what other servers know, has the domain in it. */
function refuseOtherDomains(task: StepTask, plan: MastodonPlan): void {
  const known = readJson<ReturnType<typeof domainsOf>>(task, domainsFile);
  const wanted = domainsOf(plan);
  if (known === undefined || (known.local === wanted.local && known.pages === wanted.pages)) return;
  throw new StepFailure(
    {
      en: `This Mastodon was made for ${known.local} and can not get another domain.`,
      de: `Dieses Mastodon wurde für ${known.local} angelegt und kann keine andere Domain bekommen.`,
    },
    {
      en: `Enter ${known.local} again${known.pages === known.local ? '' : ` with ${known.pages} for the pages`}. For another domain, begin with a factory reset.`,
      de: `Tragen Sie wieder ${known.local} ein${known.pages === known.local ? '' : ` und ${known.pages} für die Seiten`}. Für eine andere Domain setzen Sie das Gerät vorher auf Werkseinstellungen zurück.`,
    },
  );
}

function domainsOf({ localDomain, webDomain }: MastodonPlan) {
  return { local: localDomain, pages: webDomain ?? localDomain };
}

const messages = {
  images: { en: 'Unpacking Mastodon', de: 'Mastodon wird entpackt' },
  database: { en: 'Making the tables', de: 'Die Tabellen werden angelegt' },
  noImages: {
    en: 'The container images of this version of Mastodon are not on the device.',
    de: 'Die Container-Images dieser Version von Mastodon sind nicht auf dem Gerät.',
  },
  noImagesTodo: {
    en: 'Write a newer image to the card, and restore the backup there.',
    de: 'Schreiben Sie ein neueres Abbild auf die Karte, und spielen Sie die Sicherung dort zurück.',
  },
  failed: {
    en: 'The database of Mastodon could not be made ready.',
    de: 'Die Datenbank von Mastodon konnte nicht vorbereitet werden.',
  },
  failedTodo: {
    en: 'Try again. If it stays so, the log of this step tells more.',
    de: 'Versuchen Sie es noch einmal. Bleibt es so, steht im Protokoll dieses Schritts mehr dazu.',
  },
} as const;
