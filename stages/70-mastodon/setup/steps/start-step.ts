import type { StepTask } from '../../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../../90-first-boot/agent/setup/define.ts';
import { doctorFile, doctorText } from '../checks/facts.ts';
import { outgoingFile } from '../checks/outgoing-job.ts';
import { apply, type ClusterTask, removeNamespace } from '../cluster/kubectl.ts';
import { removeLeftOvers, rolloutTimes, waitForEnd, waitForParts } from '../cluster/rollout.ts';
import type { JobTimes } from '../cluster/run-job.ts';
import { renderManifests } from '../manifests/manifests.ts';
import type { MastodonPlan } from '../manifests/plan.ts';
import { type AnswersTo, instanceOf, planTopics } from '../plan.ts';
import { refuseWhileUpgrading } from '../upgrade/journal.ts';
import { appliedFile, isServer, readPlan, refuseWithoutServer } from './mastodon-files.ts';

/** Starts Mastodon, or what of it has changed, and waits until it works. Ends it when it is no longer wanted. */
export const startStep: SetupStep = makeStartStep(rolloutTimes);

/** The step with other times, for tests. */
export function makeStartStep(times: JobTimes): SetupStep {
  return {
    id: 'mastodon.start',
    order: 240,
    title: { en: 'Starting Mastodon', de: 'Mastodon starten' },
    // Of these the cluster is there also when Mastodon is skipped: else the step would not run to end it.
    uses: [...planTopics, 'cluster'],
    seconds: 180,
    isOptional: true,
    run: async (task) => {
      if (task.answers('mastodon') === undefined) return await end(task);
      refuseWithoutServer(task.answers);
      refuseWhileUpgrading(task);
      const plan = readPlan(task);
      task.write(doctorFile, doctorText(plan, moreOf(task.answers)), 0o600);
      await applyPlan(task, plan, times);
      await waitForParts(task, times, (fraction, trouble) =>
        task.progress(0.1 + 0.85 * fraction, trouble ?? messages.waiting),
      );
    },
    undo: async (task) => {
      task.remove(doctorFile);
    },
  };
}

/**
 * Puts all of a plan into the cluster, without waiting until it works. What another profile had ends first: two processes
 * must never plan Mastodon's regular work at once.
 */
export async function applyPlan(task: ClusterTask, plan: MastodonPlan, times = endTimes): Promise<void> {
  const { foundation, workloads } = renderManifests(plan);
  await apply(task, foundation);
  await removeLeftOvers(task, [...foundation, ...workloads]);
  const parts = workloads
    .filter(({ kind }) => kind === 'Deployment')
    .map(({ metadata }) => metadata?.name ?? '');
  await waitForEnd(task, times, new Set(parts));
  await apply(task, workloads);
}

const endTimes: JobTimes = { limitMs: 180_000, pauseMs: 2_000 };

/** The data stay: Mastodon can be wanted again. */
async function end(task: StepTask): Promise<void> {
  if (task.read(doctorFile) !== undefined) task.remove(doctorFile);
  if (task.read(appliedFile) === undefined) return;
  // With another cluster, or none, all in it went before.
  if (isServer(task.answers)) await removeNamespace(task);
  task.remove(appliedFile);
  if (task.read(outgoingFile) !== undefined) task.remove(outgoingFile);
}

function moreOf(answers: AnswersTo) {
  const { owner } = instanceOf(answers);
  const how = answers('mail')?.['how'];
  const mail = how === 'relay' || how === 'local' ? how : 'none';
  return { ownerName: owner.name, ownerEmail: owner.email, mail } as const;
}

const messages = {
  waiting: { en: 'Waiting for Mastodon to answer', de: 'Warten, bis Mastodon antwortet' },
} as const;
