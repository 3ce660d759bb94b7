import { StepFailure } from '../../../90-first-boot/agent/device/door.ts';
import { forgetJob, type JobTimes, lastLines, runJob } from '../cluster/run-job.ts';
import { runnerJob } from '../manifests/jobs.ts';
import type { MastodonPlan } from '../manifests/plan.ts';
import type { Instance } from '../plan.ts';
import { keepJson, readJson, settingsFile } from './mastodon-files.ts';
import type { AccountTask } from './owner-account.ts';
import { settingsCode } from './runner-codes.ts';

type Settings = Readonly<Record<string, string | number | null>>;

const registrations = { closed: 'none', approval: 'approved', open: 'open' } as const;

/**
 * Tells Mastodon the settings that the answers give. Only those that differ from the last time: what the owner has changed
 * in Mastodon's own pages since then stays.
 */
export async function tellSettings(
  task: AccountTask,
  plan: MastodonPlan,
  { instance, times }: { readonly instance: Instance; readonly times: JobTimes },
): Promise<void> {
  const wanted = settingsOf(instance);
  const told = readJson<Settings>(task, settingsFile) ?? {};
  const changed = Object.fromEntries(Object.entries(wanted).filter(([name, value]) => told[name] !== value));
  if (Object.keys(changed).length > 0) {
    const environment = { MASTODON_SETTINGS: JSON.stringify(changed) };
    const job = runnerJob(plan, { name: 'settings', environment, code: settingsCode });
    const { isDone, log } = await runJob(task, job, times);
    if (!isDone) {
      task.log(lastLines(log));
      throw new StepFailure(messages.failed, messages.again);
    }
    // The same change may be wanted again one day.
    await forgetJob(task, job);
  }
  keepJson(task, settingsFile, wanted);
}

function settingsOf(instance: Instance): Settings {
  return {
    registrations_mode: registrations[instance.registrations],
    media_cache_retention_period: instance.keepMediaDays,
    content_cache_retention_period: instance.keepPostsDays ?? null,
  };
}

const messages = {
  failed: {
    en: 'Mastodon did not take its settings.',
    de: 'Mastodon hat seine Einstellungen nicht übernommen.',
  },
  again: {
    en: 'Try again. If it stays so, the log of this step tells more.',
    de: 'Versuchen Sie es noch einmal. Bleibt es so, steht im Protokoll dieses Schritts mehr dazu.',
  },
} as const;
