import type { IJob } from 'kubernetes-models/batch/v1/Job';
import { StepFailure } from '../../../90-first-boot/agent/device/door.ts';
import type { LocalText } from '../../../90-first-boot/agent/text/local-text.ts';
import { apply, type ClusterObject, type ClusterTask, find, logOf, pause, remove } from './kubectl.ts';
import { troubleOf } from './trouble.ts';

export interface JobTimes {
  /** Longer than the job's own limit: the cluster ends it. */
  readonly limitMs: number;
  readonly pauseMs: number;
}

export const jobTimes: JobTimes = { limitMs: 14_700_000, pauseMs: 3_000 };

/** How a job went, and what it printed. The log may have a secret in it: nobody but the caller sees it. */
export interface JobEnd {
  readonly isDone: boolean;
  readonly log: string;
}

/**
 * Runs a job to its end. One of the same name that was done before counts: a job's name tells its work. One that failed
 * before is removed and run again. Throws StepFailure when it takes too long or disappears.
 */
export async function runJob(
  task: ClusterTask,
  job: IJob,
  times: JobTimes = jobTimes,
  tell: (waitedMs: number, trouble?: LocalText) => void = () => {},
): Promise<JobEnd> {
  const name = nameOf(job);
  const before = await find(task, 'job', name);
  if (before !== undefined && endOf(before) === 'failed') await remove(task, 'job', name);
  if (before === undefined || endOf(before) === 'failed') await apply(task, [job]);
  const beganMs = Date.now();
  let trouble: LocalText | undefined;
  for (let round = 0; ; round++) {
    task.signal.throwIfAborted();
    const found = await find(task, 'job', name);
    if (found === undefined) throw new StepFailure(messages.gone, messages.again);
    const end = endOf(found);
    if (end !== undefined) return { isDone: end === 'done', log: await logOf(task, name) };
    const waitedMs = Date.now() - beganMs;
    if (waitedMs >= times.limitMs) throw new StepFailure(trouble ?? messages.late, messages.again);
    if (round % 4 === 1) trouble = await troubleOf(task, `app.kubernetes.io/component=${componentOf(job)}`);
    tell(waitedMs, trouble);
    // Each look costs a line in the log of the step and some work of the device: long jobs are looked at less often.
    await pause(task, Math.min(5, 1 + round / 10) * times.pauseMs);
  }
}

/** Removes a job and with it its log. */
export async function forgetJob(task: ClusterTask, job: IJob): Promise<void> {
  await remove(task, 'job', nameOf(job));
}

/** The last lines of a log that has nothing secret in it. */
export function lastLines(log: string, count = 30): string {
  return log.trim().split('\n').slice(-count).join('\n');
}

function nameOf({ metadata }: IJob): string {
  if (metadata?.name === undefined) throw new Error('a job without a name');
  return metadata.name;
}

function componentOf({ metadata }: IJob): string {
  return metadata?.labels?.['app.kubernetes.io/component'] ?? '';
}

function endOf({ status }: ClusterObject): 'done' | 'failed' | undefined {
  const conditions = (status?.['conditions'] ?? []) as readonly {
    readonly type: string;
    readonly status: string;
  }[];
  const isTrue = (type: string) => conditions.some((one) => one.type === type && one.status === 'True');
  if (isTrue('Complete')) return 'done';
  return isTrue('Failed') ? 'failed' : undefined;
}

const messages = {
  gone: {
    en: 'A job of Mastodon disappeared before it was done.',
    de: 'Eine Aufgabe von Mastodon ist verschwunden, bevor sie erledigt war.',
  },
  late: {
    en: 'A job of Mastodon takes too long.',
    de: 'Eine Aufgabe von Mastodon dauert zu lange.',
  },
  again: {
    en: 'Try again. If it stays so, restart the device; the support bundle tells more.',
    de: 'Versuchen Sie es noch einmal. Bleibt es so, starten Sie das Gerät neu; im Support-Paket steht mehr dazu.',
  },
} as const;
