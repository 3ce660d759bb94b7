import type { DeviceLook } from '../../90-first-boot/agent/device/door.ts';
import type { Values } from '../../90-first-boot/agent/setup/define.ts';
import type {
  DataServices,
  MastodonKeys,
  MastodonPlan,
  MastodonRelease,
  SidekiqSplit,
} from './manifests/plan.ts';
import { bucketOf } from './topics/media-answers.ts';

/** The answers to a topic; undefined if it was skipped. `task.answers` of a step is one. */
export type AnswersTo = (topic: string) => Values | undefined;

/** All that a plan comes from. */
export interface PlanSources {
  readonly answers: AnswersTo;
  readonly services: DataServices;
  readonly keys: MastodonKeys;
  readonly release: MastodonRelease;
  readonly memoryMebibytes: number;
  /** Absent or undefined: by memory. */
  readonly profile?: SidekiqSplit | undefined;
}

/** What Mastodon is told once it runs, and who owns it. */
export interface Instance {
  readonly owner: { readonly name: string; readonly email: string };
  readonly registrations: 'closed' | 'approval' | 'open';
  /** Days that copies of other servers' media stay. */
  readonly keepMediaDays: number;
  /** Days that messages of other servers stay; undefined: for ever. */
  readonly keepPostsDays: number | undefined;
}

/** The topics that a plan is made from: what a step that makes one `uses`. */
export const planTopics: readonly string[] = ['mastodon', 'mastodon-media', 'mastodon-more', 'mail'];

/** Copies of media come back when somebody looks at them: a week fits a card. */
const defaultMediaDays = 7;

/** The plan of the answers. Throws when the topic `mastodon` is not answered. */
export function planOf(sources: PlanSources): MastodonPlan {
  const { answers, services, keys, release, memoryMebibytes, profile } = sources;
  const { domain = '', webDomain = '', community, language = 'en' } = answered(answers);
  const { authorizedFetch, limitedFederation } = answers('mastodon-more') ?? {};
  const bucket = bucketOf(answers('mastodon-media'));
  return {
    release,
    memoryMebibytes,
    ...(profile === undefined ? {} : { profile }),
    localDomain: domain,
    ...(webDomain === '' ? {} : { webDomain }),
    isSingleUser: community !== 'community',
    language,
    authorizedFetch: authorizedFetch === 'yes',
    limitedFederation: limitedFederation === 'yes',
    mailFrom: answers('mail')?.['from'] || `mastodon@${webDomain || domain}`,
    keepMediaDays: instanceOf(answers).keepMediaDays,
    media: bucket === undefined ? { where: 'local' } : { where: 'bucket', ...bucket },
    services,
    keys,
  };
}

/** The owner and the settings of the answers. Throws when the topic `mastodon` is not answered. */
export function instanceOf(answers: AnswersTo): Instance {
  const { owner: name = '', email = '', community, registrations } = answered(answers);
  const { keepMediaDays = '', keepPostsDays = '' } = answers('mastodon-more') ?? {};
  const isOpen = community === 'community' && (registrations === 'approval' || registrations === 'open');
  return {
    owner: { name, email },
    registrations: isOpen ? registrations : 'closed',
    keepMediaDays: keepMediaDays === '' ? defaultMediaDays : Number(keepMediaDays),
    keepPostsDays: keepPostsDays === '' ? undefined : Number(keepPostsDays),
  };
}

/** Memory of the device in MiB, as the kernel counts it; 0 if it does not say. */
export function memoryOf({ read }: Pick<DeviceLook, 'read'>): number {
  const [, kibibytes = '0'] = /^MemTotal:\s+(\d+) kB$/m.exec(read('/proc/meminfo') ?? '') ?? [];
  return Math.round(Number(kibibytes) / 1_024);
}

/** How the image wants Sidekiq to be split (`/usr/lib/hearth/mastodon.json`); undefined: by memory. */
export function profileChoice({ read }: Pick<DeviceLook, 'read'>): SidekiqSplit | undefined {
  const { profile } = JSON.parse(read('/usr/lib/hearth/mastodon.json') ?? '{}') as {
    readonly profile?: string;
  };
  return splits.find((split) => split === profile);
}

const splits: readonly SidekiqSplit[] = ['one', 'three', 'seven'];

function answered(answers: AnswersTo): Values {
  const values = answers('mastodon');
  if (values === undefined) throw new Error('a plan without answers to "mastodon"');
  return values;
}
