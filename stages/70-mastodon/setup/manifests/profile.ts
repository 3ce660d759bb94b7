import type { MastodonPlan, SidekiqSplit } from './plan.ts';
import { assertQueuesAreServed, type MastodonQueue } from './queues.ts';

/** Memory in MiB: what is set aside for it, and where it is ended. */
export interface MemoryShare {
  readonly requestMebibytes: number;
  readonly limitMebibytes: number;
}

/** One Sidekiq process. */
export interface SidekiqWorker {
  /** Part of the name of its deployment: `sidekiq-NAME`. */
  readonly name: string;
  /** Threads; as many connections to the database. */
  readonly concurrency: number;
  readonly queues: readonly MastodonQueue[];
  readonly memory: MemoryShare;
}

/** How the work is split on a device of some size. */
export interface Profile {
  readonly name: 'tiny' | 'small' | 'medium' | 'large';
  readonly web: {
    /** Processes beside the first; 0: a single one, which needs least memory. */
    readonly workers: number;
    /** Threads of each process. */
    readonly threads: number;
    readonly memory: MemoryShare;
  };
  readonly streaming: { readonly connections: number; readonly memory: MemoryShare };
  readonly sidekiq: readonly SidekiqWorker[];
  /** Of each job: it boots all of Rails. */
  readonly job: MemoryShare;
  /** Ruby's compiler: quicker, but each process grows by some 50 MiB. */
  readonly compilesRuby: boolean;
  /** A new pod may start while the old one still runs. */
  readonly hasRoomForTwo: boolean;
}

/** Biggest shares first: of two queues with work, the one with the higher weight is looked at more often. */
const weights: Readonly<Record<MastodonQueue, number>> = {
  default: 8,
  push: 6,
  ingress: 4,
  mailers: 2,
  pull: 1,
  scheduler: 1,
  fasp: 1,
};

/**
 * The profile of a device by its memory in MiB, with the plan's split of the queues if it has one of its own. Boards report
 * less than their name says (4 GB: 3 800), so the borders lie in between. Throws if a queue had no listener.
 */
export function profileOf({
  memoryMebibytes,
  profile: split,
}: Pick<MastodonPlan, 'memoryMebibytes' | 'profile'>): Profile {
  const profile = profiles.find(({ upTo }) => memoryMebibytes < upTo) ?? large;
  const sidekiq = split === undefined ? profile.sidekiq : splits[split];
  assertQueuesAreServed(sidekiq);
  return { ...profile, sidekiq };
}

/** The queues of a process as Sidekiq's arguments, with their weights if it has more than one. */
export function queueArguments({ queues }: Pick<SidekiqWorker, 'queues'>): readonly string[] {
  return queues.flatMap((queue) => ['-q', queues.length === 1 ? queue : `${queue},${weights[queue]}`]);
}

const everyQueue = Object.keys(weights) as readonly MastodonQueue[];

const share = (requestMebibytes: number, limitMebibytes: number) => ({ requestMebibytes, limitMebibytes });

function worker(
  name: string,
  concurrency: number,
  queues: readonly MastodonQueue[],
  memory: MemoryShare,
): SidekiqWorker {
  return { name, concurrency, queues, memory };
}

const tiny: Profile = {
  name: 'tiny',
  web: { workers: 0, threads: 3, memory: share(300, 700) },
  streaming: { connections: 3, memory: share(96, 192) },
  sidekiq: [worker('all', 5, everyQueue, share(300, 700))],
  job: share(256, 600),
  compilesRuby: false,
  hasRoomForTwo: false,
};

const small: Profile = {
  name: 'small',
  web: { workers: 0, threads: 5, memory: share(384, 900) },
  streaming: { connections: 5, memory: share(128, 256) },
  sidekiq: [worker('all', 10, everyQueue, share(448, 900))],
  job: share(320, 800),
  compilesRuby: false,
  hasRoomForTwo: false,
};

const medium: Profile = {
  name: 'medium',
  web: { workers: 2, threads: 5, memory: share(768, 1_536) },
  streaming: { connections: 5, memory: share(128, 384) },
  sidekiq: [
    worker('main', 10, ['default', 'push', 'mailers', 'scheduler'], share(448, 1_024)),
    worker('ingress', 5, ['ingress'], share(384, 900)),
    worker('pull', 5, ['pull', 'fasp'], share(384, 900)),
  ],
  job: share(320, 1_024),
  compilesRuby: true,
  hasRoomForTwo: true,
};

const large: Profile = {
  name: 'large',
  web: { workers: 2, threads: 5, memory: share(896, 2_048) },
  streaming: { connections: 10, memory: share(160, 512) },
  sidekiq: [
    worker('default', 10, ['default'], share(448, 1_024)),
    worker('push', 10, ['push'], share(448, 1_024)),
    worker('ingress', 10, ['ingress'], share(448, 1_024)),
    worker('mailers', 3, ['mailers'], share(320, 768)),
    worker('pull', 5, ['pull'], share(384, 1_024)),
    worker('scheduler', 3, ['scheduler'], share(320, 768)),
    worker('fasp', 2, ['fasp'], share(320, 768)),
  ],
  job: share(384, 1_024),
  compilesRuby: true,
  hasRoomForTwo: true,
};

const splits: Readonly<Record<SidekiqSplit, readonly SidekiqWorker[]>> = {
  one: small.sidekiq,
  three: medium.sidekiq,
  seven: large.sidekiq,
};

const profiles: readonly (Profile & { readonly upTo: number })[] = [
  { ...tiny, upTo: 3_000 },
  { ...small, upTo: 6_000 },
  { ...medium, upTo: 12_000 },
];
