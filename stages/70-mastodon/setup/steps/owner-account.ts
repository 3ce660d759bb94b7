import type { IJob } from 'kubernetes-models/batch/v1/Job';
import { type DeviceTask, StepFailure } from '../../../90-first-boot/agent/device/door.ts';
import type { ClusterTask } from '../cluster/kubectl.ts';
import { forgetJob, type JobEnd, type JobTimes, lastLines, runJob } from '../cluster/run-job.ts';
import { type JobRequest, tootctlJob } from '../manifests/jobs.ts';
import type { MastodonPlan } from '../manifests/plan.ts';
import { keepJson, type Owner, ownerFile, passwordFile, readJson } from './mastodon-files.ts';

/** What is needed to work on accounts. */
export type AccountTask = ClusterTask & Pick<DeviceTask, 'read' | 'write'>;

/**
 * Makes the owner's account, or changes it to what the answers say. Its first password goes into a file of its own and
 * nowhere else. Safe to run again after a power cut anywhere: the job keeps its name and its log until both files are there.
 */
export async function makeOwner(
  task: AccountTask,
  plan: MastodonPlan,
  { owner, times }: { readonly owner: Owner; readonly times: JobTimes },
): Promise<void> {
  const create = createJob(plan, owner);
  const takeOver = takeOverJob(plan, owner);
  const known = readJson<Owner>(task, ownerFile);
  if (known?.name === owner.name) {
    // The power may have gone before the jobs did, and their logs have the password.
    for (const job of [create, takeOver]) await forgetJob(task, job);
    if (known.email !== owner.email) await changeAddress(task, plan, { owner, times });
    keepJson(task, ownerFile, owner);
    return;
  }
  const made = await runJob(task, create, times);
  if (made.isDone) keep(task, made, owner);
  await forgetJob(task, create);
  if (made.isDone) return;
  if (!/taken/i.test(made.log)) throw failed(task, made.log);
  // A run of before made the account, but its password is lost.
  const changed = await runJob(task, takeOver, times);
  if (!changed.isDone) throw failed(task, changed.log);
  keep(task, changed, owner);
  await forgetJob(task, takeOver);
}

/** Gives an account a new password, made by Mastodon. Throws StepFailure if there is no such account. */
export async function resetPassword(
  task: AccountTask,
  plan: MastodonPlan,
  { name, run, times }: { readonly name: string; readonly run: string; readonly times: JobTimes },
): Promise<string> {
  const job = tootctlJob(plan, {
    ...secretJob,
    name: 'password',
    run,
    args: ['accounts', 'modify', name, '--reset-password'],
  });
  const end = await runJob(task, job, times);
  await forgetJob(task, job);
  const password = passwordIn(end.log);
  if (end.isDone && password !== undefined) return password;
  throw /no user/i.test(end.log) ? new StepFailure(noAccount(name)) : failed(task, end.log);
}

/** Its log has a password in it: tried once, so that there is one log, and gone soon even if nobody comes for it. */
const secretJob: Pick<JobRequest, 'retries' | 'keepSeconds' | 'timeLimitSeconds'> = {
  retries: 0,
  keepSeconds: 3_600,
  timeLimitSeconds: 900,
};

function createJob(plan: MastodonPlan, { name, email }: Owner): IJob {
  const flags = ['--email', email, '--confirmed', '--approve', '--role', 'Owner'];
  return tootctlJob(plan, { ...secretJob, name: 'owner', args: ['accounts', 'create', name, ...flags] });
}

function takeOverJob(plan: MastodonPlan, { name, email }: Owner): IJob {
  const flags = ['--email', email, '--confirm', '--approve', '--role', 'Owner', '--reset-password'];
  return tootctlJob(plan, { ...secretJob, name: 'owner', args: ['accounts', 'modify', name, ...flags] });
}

async function changeAddress(
  task: AccountTask,
  plan: MastodonPlan,
  { owner, times }: { readonly owner: Owner; readonly times: JobTimes },
): Promise<void> {
  const args = ['accounts', 'modify', owner.name, '--email', owner.email, '--confirm'];
  const job = tootctlJob(plan, { name: 'owner-address', args });
  const end = await runJob(task, job, times);
  if (!end.isDone) throw failed(task, end.log);
  await forgetJob(task, job);
}

/** The password first: with it lost, the note of the account would keep a new one from being made. */
function keep(task: AccountTask, { log }: JobEnd, owner: Owner): void {
  const password = passwordIn(log);
  if (password === undefined) throw new StepFailure(messages.noPassword, messages.again);
  task.write(passwordFile, `${password}\n`, 0o600);
  keepJson(task, ownerFile, owner);
}

function passwordIn(log: string): string | undefined {
  return /^New password: (\S+)$/m.exec(log)?.[1];
}

function failed(task: AccountTask, log: string): StepFailure {
  task.log(lastLines(log.replaceAll(/password.*/gi, '[hidden]')));
  return new StepFailure(messages.failed, messages.again);
}

function noAccount(name: string) {
  return {
    en: `There is no account ${name} on this server.`,
    de: `Auf diesem Server gibt es kein Konto ${name}.`,
  };
}

const messages = {
  failed: {
    en: 'Mastodon did not make or change the account.',
    de: 'Mastodon hat das Konto nicht angelegt oder geändert.',
  },
  noPassword: {
    en: 'The password of the new account was lost.',
    de: 'Das Passwort des neuen Kontos ist verloren gegangen.',
  },
  again: {
    en: 'Try again. If it stays so, the log of this step tells more.',
    de: 'Versuchen Sie es noch einmal. Bleibt es so, steht im Protokoll dieses Schritts mehr dazu.',
  },
} as const;
