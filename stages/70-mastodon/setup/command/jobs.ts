import type { IJob } from 'kubernetes-models/batch/v1/Job';
import { outgoingFile, outgoingRequest, outgoingText } from '../checks/outgoing-job.ts';
import { kubectl } from '../cluster/kubectl.ts';
import { forgetJob, type JobEnd, jobTimes, lastLines, runJob } from '../cluster/run-job.ts';
import { cleanUpNames } from '../manifests/clean-up.ts';
import { type JobRequest, runnerJob, tootctlJob } from '../manifests/jobs.ts';
import { namespace } from '../manifests/plan.ts';
import { relayAddCode, relayListCode, relayRemoveCode } from '../steps/runner-codes.ts';
import {
  agree,
  type CommandTask,
  done,
  failed,
  planOfDevice,
  type Subcommand,
  sayJson,
  UsageProblem,
} from './subcommand.ts';

/** Relays: other servers that send what many servers write. */
export const relayCommand: Subcommand = {
  options: { json: { type: 'boolean' }, yes: { type: 'boolean' } },
  words: [1, 2],
  run: async (task) => {
    const [verb = '', address] = task.words;
    if (verb === 'list' && address === undefined) return await listRelays(task);
    if (verb !== 'add' && verb !== 'remove') throw new UsageProblem('relay: add URL, list, or remove URL');
    const url = relayAddress(address);
    if (verb === 'add')
      await agree(task, 'A relay sends very many messages. On a small device that fills the card. Go on?');
    const code = verb === 'add' ? relayAddCode : relayRemoveCode;
    const end = await runOnce(task, (run) =>
      runnerJob(planOfDevice(task), { ...quick, name: 'relay', run, environment: { RELAY: url }, code }),
    );
    if (!end.isDone) return complain(task, end);
    if (verb === 'remove') task.call.say('It was removed.');
    else task.call.say('It was asked. "hearthctl mastodon relay list" shows when it has accepted.');
    return done;
  },
};

/** How much room the media take, as Mastodon counts it. */
export const mediaCommand: Subcommand = {
  options: { json: { type: 'boolean' } },
  words: [0, 0],
  run: async (task) => {
    const end = await runOnce(task, (run) =>
      tootctlJob(planOfDevice(task), { ...quick, name: 'media', run, args: ['media', 'usage'] }),
    );
    if (!end.isDone) return complain(task, end);
    const lines = end.log.trim().split('\n');
    const pairs = lines.flatMap((line) => {
      const [, name, value] = /^([^:]+):\s*(.+)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name.trim(), value.trim()] as const];
    });
    if (task.options['json'] === true) sayJson(task, Object.fromEntries(pairs));
    else for (const line of lines) task.call.say(line);
    return done;
  },
};

/** Runs one of the clean-ups now. */
export const runCommand: Subcommand = {
  options: {},
  words: [1, 1],
  run: async (task) => {
    const [name = ''] = task.words;
    if (!cleanUpNames.some((one) => one === name))
      throw new UsageProblem(`run: one of ${cleanUpNames.join(', ')}`);
    const { device } = task.call;
    const job: IJob = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name: `${name}-${Date.now().toString(36)}`,
        labels: { 'app.kubernetes.io/component': `job-${name}` },
      },
    };
    const made = job.metadata?.name ?? '';
    await kubectl(device, ['create', 'job', made, `--from=cronjob/${name}`, '-n', namespace]);
    const end = await runJob(device, job, jobTimes);
    if (!end.isDone) return complain(task, end);
    task.call.say(lastLines(end.log));
    return done;
  },
};

/** Fetches an account of another server, and keeps for the doctor whether that works. Once a day a timer does it. */
export const outgoingCommand: Subcommand = {
  options: {},
  words: [0, 0],
  run: async (task) => {
    const { device, say } = task.call;
    const end = await runOnce(task, (run) => runnerJob(planOfDevice(task), outgoingRequest(run)));
    device.write(outgoingFile, outgoingText(end.isDone ? end.log : undefined, Date.now()), 0o600);
    say(lastLines(end.log, 1));
    return end.isDone ? done : failed;
  },
};

/** One try within ten minutes: somebody waits for it. */
const quick: Pick<JobRequest, 'timeLimitSeconds' | 'keepSeconds' | 'retries'> = {
  timeLimitSeconds: 600,
  keepSeconds: 600,
  retries: 0,
};

async function listRelays(task: CommandTask): Promise<number> {
  const end = await runOnce(task, (run) =>
    runnerJob(planOfDevice(task), { ...quick, name: 'relay', run, code: relayListCode }),
  );
  const line = end.log.split('\n').find((one) => one.startsWith('['));
  if (!end.isDone || line === undefined) return complain(task, end);
  const relays = JSON.parse(line) as readonly { readonly url: string; readonly state: string }[];
  if (task.options['json'] === true) sayJson(task, relays);
  else if (relays.length === 0) task.call.say('No relay.');
  else for (const { url, state } of relays) task.call.say(`${state.padEnd(9)} ${url}`);
  return done;
}

/** Runs a job that is another one each time, and leaves nothing of it. */
async function runOnce({ call }: CommandTask, make: (run: string) => IJob): Promise<JobEnd> {
  const job = make(String(Date.now()));
  const end = await runJob(call.device, job, { ...jobTimes, limitMs: 900_000 });
  await forgetJob(call.device, job);
  return end;
}

function complain({ call }: CommandTask, { log }: JobEnd): number {
  call.complain(lastLines(log, 10));
  call.complain('hearthctl: Mastodon did not do it.');
  return failed;
}

function relayAddress(address: string | undefined): string {
  const url = tryUrl(address ?? '');
  if (url?.protocol !== 'https:' || url.username !== '' || url.pathname === '/')
    throw new UsageProblem('relay: the address of its inbox, such as https://relay.example/inbox');
  return url.href;
}

function tryUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
