import { readServices } from '../checks/facts.ts';
import { type PartState, partStates } from '../cluster/rollout.ts';
import { pagesDomain } from '../manifests/plan.ts';
import { type QueuesState, readQueues } from '../sidekiq/queues.ts';
import { type CommandTask, done, failed, planOfDevice, type Subcommand, sayJson } from './subcommand.ts';

const json = { json: { type: 'boolean' } } as const;

/** Version, parts and work. Exit code 1 if a part is missing. */
export const statusCommand: Subcommand = {
  options: json,
  words: [0, 0],
  run: async (task) => {
    const { call, options } = task;
    const plan = planOfDevice(task);
    const parts = await partStates(call.device);
    const queues = await queuesOrNothing(task);
    const isGood = parts.length > 0 && parts.every(({ isReady }) => isReady) && queues?.unserved.length === 0;
    const status = {
      domain: plan.localDomain,
      pages: `https://${pagesDomain(plan)}`,
      version: plan.release.version,
      isRunning: isGood,
      parts,
      waiting: queues === undefined ? undefined : waitingIn(queues),
    };
    if (options['json'] === true) sayJson(task, status);
    else {
      call.say(`Mastodon ${status.version}, ${status.pages}: ${isGood ? 'running' : 'NOT RUNNING'}`);
      for (const part of parts) call.say(partLine(part));
      call.say(workLine(queues));
    }
    return isGood ? done : failed;
  },
};

function partLine({ name, ready, wanted, isReady }: PartState): string {
  return `  ${name.padEnd(20)} ${ready}/${wanted}${isReady ? '' : '  not ready'}`;
}

function workLine(state: QueuesState | undefined): string {
  if (state === undefined) return '  Valkey does not answer.';
  const waiting = `  ${waitingIn(state)} jobs wait`;
  return state.unserved.length === 0 ? waiting : `${waiting}; nobody works on ${state.unserved.join(', ')}`;
}

function waitingIn({ queues }: QueuesState): number {
  return queues.reduce((sum, { size }) => sum + size, 0);
}

/** What waits in the queues. Exit code 1 if nobody works on one of them. */
export const queuesCommand: Subcommand = {
  options: json,
  words: [0, 0],
  run: async (task) => {
    const queues = await queuesOrNothing(task);
    if (queues === undefined) {
      task.call.complain('hearthctl: Valkey does not answer.');
      return failed;
    }
    if (task.options['json'] === true) sayJson(task, queues);
    else sayQueues(task, queues);
    return queues.unserved.length === 0 ? done : failed;
  },
};

function sayQueues({ call }: CommandTask, state: QueuesState): void {
  call.say('queue          waiting   oldest (s)   processes');
  for (const { name, size, latencySeconds } of state.queues) {
    const workers = state.processes.filter(({ queues }) => queues.includes(name)).length;
    const [waits, oldest] = [String(size), latencySeconds.toFixed(1)];
    call.say(
      `${name.padEnd(14)} ${waits.padStart(7)} ${oldest.padStart(12)} ${String(workers).padStart(11)}`,
    );
  }
  call.say(`later ${state.scheduled}, to be tried again ${state.retries}, given up ${state.dead}`);
  call.say(`today ${state.doneToday} done, ${state.failedToday} failed`);
}

async function queuesOrNothing({ call }: CommandTask): Promise<QueuesState | undefined> {
  const services = readServices(call.device);
  if (services === undefined) return undefined;
  try {
    return await readQueues(services.valkey);
  } catch {
    return undefined;
  }
}
