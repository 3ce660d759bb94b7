import { StepFailure, type StepTask } from '../../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../../90-first-boot/agent/setup/define.ts';
import { forgetJob, type JobTimes, jobTimes, lastLines, runJob } from '../cluster/run-job.ts';
import { tootctlJob } from '../manifests/jobs.ts';
import type { MastodonPlan } from '../manifests/plan.ts';
import { instanceOf, planTopics } from '../plan.ts';
import { feedsFile, readPlan, refuseWithoutServer } from './mastodon-files.ts';
import { makeOwner } from './owner-account.ts';
import { tellSettings } from './settings.ts';

/** Makes the owner's account and tells Mastodon its settings. */
export const ownerStep: SetupStep = makeOwnerStep(jobTimes);

/** The step with other times, for tests. */
export function makeOwnerStep(times: JobTimes): SetupStep {
  return {
    id: 'mastodon.owner',
    order: 250,
    title: { en: 'Making your account', de: 'Ihr Konto anlegen' },
    uses: [...planTopics, 'cluster'],
    seconds: 90,
    isOptional: true,
    run: async (task) => {
      if (task.answers('mastodon') === undefined) return;
      refuseWithoutServer(task.answers);
      const plan = readPlan(task);
      const instance = instanceOf(task.answers);
      await buildFeeds(task, plan, times);
      task.progress(0.1, messages.account);
      await makeOwner(task, plan, { owner: instance.owner, times });
      task.progress(0.6, messages.settings);
      await tellSettings(task, plan, { instance, times });
    },
  };
}

/** The database of a backup has the account. What it does not have are the timelines: they live in Valkey. */
async function buildFeeds(task: StepTask, plan: MastodonPlan, times: JobTimes): Promise<void> {
  if (task.read(feedsFile) === undefined) return;
  task.progress(0.05, messages.feeds);
  const args = ['feeds', 'build', '--all'];
  const job = tootctlJob(plan, { name: 'feeds', args, timeLimitSeconds: 14_400 });
  const { isDone, log } = await runJob(task, job, times);
  if (!isDone) {
    task.log(lastLines(log));
    throw new StepFailure(messages.feedsFailed, messages.again);
  }
  await forgetJob(task, job);
  task.remove(feedsFile);
}

const messages = {
  feeds: { en: 'Building the timelines again', de: 'Die Zeitleisten werden neu aufgebaut' },
  account: { en: 'Making the account', de: 'Das Konto wird angelegt' },
  settings: { en: 'Telling Mastodon its settings', de: 'Mastodon bekommt seine Einstellungen' },
  feedsFailed: {
    en: 'The timelines could not be built again.',
    de: 'Die Zeitleisten konnten nicht neu aufgebaut werden.',
  },
  again: {
    en: 'Try again. If it stays so, the log of this step tells more.',
    de: 'Versuchen Sie es noch einmal. Bleibt es so, steht im Protokoll dieses Schritts mehr dazu.',
  },
} as const;
