import type { ICronJob } from 'kubernetes-models/batch/v1/CronJob';
import { metadataOf } from './objects.ts';
import type { MastodonPlan } from './plan.ts';
import { type DeviceFolder, railsPod } from './pod.ts';
import { profileOf } from './profile.ts';

/** Names of the clean-up jobs: `kubectl create job NAME --from=cronjob/clean-media`. */
export const cleanUpNames = ['clean-media', 'clean-previews', 'clean-accounts'] as const;

export type CleanUpName = (typeof cleanUpNames)[number];

/**
 * The folder whose lock a clean-up holds while it works, so that no two run at once, whoever started them. It is locked
 * itself, without a file: it belongs to root, and is gone after a restart of the device.
 */
const lockFolder: DeviceFolder = {
  name: 'clean-up-lock',
  path: '/run/hearth-mastodon-clean-up',
  mountPath: '/run/clean-up',
  type: 'DirectoryOrCreate',
  isReadOnly: true,
};

/** Preview cards of two weeks may still be looked at; Mastodon itself warns of removing younger ones. */
const shortestPreviewDays = 14;

/** An hour of patience for the lock; afterwards the job has failed and is tried again. */
const lockSeconds = 3_600;

/** The clean-ups, at night by the device's clock. None starts by itself while Mastodon is `isStopped`. */
export function cleanUps(plan: MastodonPlan, isStopped: boolean): readonly ICronJob[] {
  const previewDays = Math.max(plan.keepMediaDays, shortestPreviewDays);
  const jobs: Readonly<Record<CleanUpName, { schedule: string; args: readonly string[] }>> = {
    'clean-media': {
      schedule: '17 1 * * 2',
      args: ['media', 'remove', '--days', String(plan.keepMediaDays)],
    },
    'clean-previews': {
      schedule: '17 1 * * 4',
      args: ['preview_cards', 'remove', '--days', String(previewDays)],
    },
    // Asks other servers whether their accounts are still there; seldom, it takes hours.
    'clean-accounts': { schedule: '47 1 7 * *', args: ['accounts', 'cull'] },
  };
  return cleanUpNames.map((name) => cleanUp(plan, { name, isStopped, ...jobs[name] }));
}

function cleanUp(
  plan: MastodonPlan,
  one: {
    readonly name: CleanUpName;
    readonly schedule: string;
    readonly args: readonly string[];
    readonly isStopped: boolean;
  },
): ICronJob {
  const component = `job-${one.name}`;
  const { metadata, spec } = railsPod(plan, {
    component,
    reach: 'rails',
    args: [
      'flock',
      '--timeout',
      String(lockSeconds),
      lockFolder.mountPath,
      'bin/tootctl',
      ...one.args,
      // Two at a time: the others wait for the same card and the same way to the Internet anyway.
      '--concurrency',
      '2',
    ],
    environment: { DB_POOL: '4' },
    memory: profileOf(plan).job,
    processorMillis: 50,
    folders: [lockFolder],
  });
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: metadataOf(one.name, component),
    spec: {
      schedule: one.schedule,
      suspend: one.isStopped,
      concurrencyPolicy: 'Forbid',
      // A night that the device slept through is made up for until the next evening.
      startingDeadlineSeconds: 57_600,
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 1,
      jobTemplate: {
        metadata: { labels: metadataOf(one.name, component).labels },
        spec: {
          backoffLimit: 1,
          activeDeadlineSeconds: 43_200,
          ttlSecondsAfterFinished: 604_800,
          template: {
            ...(metadata === undefined ? {} : { metadata }),
            ...(spec === undefined ? {} : { spec: { ...spec, restartPolicy: 'Never' } }),
          },
        },
      },
    },
  };
}
