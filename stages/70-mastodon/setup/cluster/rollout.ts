import { StepFailure } from '../../../90-first-boot/agent/device/door.ts';
import type { LocalText } from '../../../90-first-boot/agent/text/local-text.ts';
import type { ManifestObject } from '../manifests/objects.ts';
import { type ClusterObject, type ClusterTask, list, pause, remove } from './kubectl.ts';
import type { JobTimes } from './run-job.ts';
import { troubleOf } from './trouble.ts';

const ours = 'app.kubernetes.io/managed-by=hearth';
/** Jobs come and go by themselves, and the namespace is never left over. */
const kinds = 'deployment,cronjob,service,networkpolicy,configmap,secret';

export const rolloutTimes: JobTimes = { limitMs: 1_800_000, pauseMs: 3_000 };

/** A deployment and whether its pods are what they shall be. */
export interface PartState {
  readonly name: string;
  readonly isReady: boolean;
  readonly wanted: number;
  readonly ready: number;
}

/** How the deployments are. */
export async function partStates(task: ClusterTask): Promise<readonly PartState[]> {
  return (await list(task, 'deployment', ours)).map(partState);
}

/** Waits until all pods of all deployments are new and ready. Throws StepFailure when it takes too long. */
export async function waitForParts(
  task: ClusterTask,
  times: JobTimes,
  tell: (fraction: number, trouble?: LocalText) => void = () => {},
): Promise<void> {
  const beganMs = Date.now();
  for (let round = 0; ; round++) {
    task.signal.throwIfAborted();
    const parts = await partStates(task);
    const ready = parts.filter(({ isReady }) => isReady).length;
    if (parts.length > 0 && ready === parts.length) return;
    const isLate = Date.now() - beganMs >= times.limitMs;
    const trouble =
      isLate || round % 4 === 3 ? await troubleOf(task, 'app.kubernetes.io/part-of=mastodon') : undefined;
    if (isLate) throw new StepFailure(trouble ?? messages.late, messages.todo);
    tell(parts.length === 0 ? 0 : ready / parts.length, trouble);
    await pause(task, times.pauseMs);
  }
}

/** Removes what an earlier set of answers had put there and these do not. */
export async function removeLeftOvers(task: ClusterTask, wanted: readonly ManifestObject[]): Promise<void> {
  const names = new Set(wanted.map(({ kind, metadata }) => `${kind}/${metadata?.name}`));
  for (const { kind, metadata } of await list(task, kinds, ours))
    if (!names.has(`${kind}/${metadata.name}`)) await remove(task, kind.toLowerCase(), metadata.name);
}

/** Waits until no pod works but those of jobs and of these components. Throws StepFailure when it takes too long. */
export async function waitForEnd(
  task: ClusterTask,
  times: JobTimes,
  kept: ReadonlySet<string> = new Set(),
): Promise<void> {
  await waitUntilGone(task, times, (component) => !component.startsWith('job-') && !kept.has(component));
}

/** Waits until no pod of the components that are meant works. Throws StepFailure when it takes too long. */
export async function waitUntilGone(
  task: ClusterTask,
  { limitMs, pauseMs }: JobTimes,
  isMeant: (component: string) => boolean,
): Promise<void> {
  const beganMs = Date.now();
  for (;;) {
    task.signal.throwIfAborted();
    const pods = await list(task, 'pod', 'app.kubernetes.io/part-of=mastodon');
    const components = pods.map(({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] ?? 'job-');
    if (!components.some(isMeant)) return;
    if (Date.now() - beganMs >= limitMs) throw new StepFailure(messages.doesNotEnd, messages.todo);
    await pause(task, pauseMs);
  }
}

function partState({ metadata, spec = {}, status = {} }: ClusterObject): PartState {
  const wanted = Number(spec['replicas'] ?? 1);
  const count = (name: string) => Number(status[name] ?? 0);
  const isSeen = metadata.generation === undefined || count('observedGeneration') >= metadata.generation;
  const isReady =
    isSeen &&
    count('replicas') === wanted &&
    count('updatedReplicas') === wanted &&
    count('availableReplicas') === wanted;
  return { name: metadata.name, isReady, wanted, ready: count('availableReplicas') };
}

const messages = {
  late: {
    en: 'Mastodon does not work yet, after half an hour.',
    de: 'Mastodon arbeitet nach einer halben Stunde noch nicht.',
  },
  doesNotEnd: {
    en: 'A part of Mastodon does not end.',
    de: 'Ein Teil von Mastodon endet nicht.',
  },
  todo: {
    en: 'Restart the device and try again. "sudo hearthctl mastodon status" shows which part is missing.',
    de: 'Starten Sie das Gerät neu und versuchen Sie es noch einmal. „sudo hearthctl mastodon status“ zeigt, welcher Teil fehlt.',
  },
} as const;
