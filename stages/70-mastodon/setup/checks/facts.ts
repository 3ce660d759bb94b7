import type { DeviceLook } from '../../../90-first-boot/agent/device/door.ts';
import {
  type DataServices,
  type MastodonPlan,
  type MastodonRelease,
  pagesDomain,
} from '../manifests/plan.ts';

/** What the doctor has to know about this Mastodon. Holds the key of the bucket: mode 0600. */
export const doctorFile = '/var/lib/hearth/mastodon/doctor.json';
const releaseFile = '/var/lib/hearth/mastodon/release.json';
const dataFile = '/var/lib/hearth/data.json';

/** Who owns the server, and how mail leaves it. */
export interface DoctorMore {
  /** Name of the owner's account. */
  readonly ownerName: string;
  readonly ownerEmail: string;
  /** `local`: mails stay on the device because the owner wants it so; `none`: because the question was skipped. */
  readonly mail: 'relay' | 'local' | 'none';
}

export interface DoctorFacts extends DoctorMore {
  /** The part of the accounts' names behind the `@`. */
  readonly local: string;
  /** The domain of the pages. */
  readonly web: string;
  /** Mastodon answers signed requests only: AUTHORIZED_FETCH or limited federation. */
  readonly isSecure: boolean;
  readonly isLimited: boolean;
  readonly mailFrom: string;
  readonly media: MastodonPlan['media'];
  /** `v4.7.4` */
  readonly version: string;
}

/** The text of `doctorFile`. Without that file the doctor takes Mastodon for not set up. */
export function doctorText(plan: MastodonPlan, more: DoctorMore): string {
  const facts: DoctorFacts = {
    ...more,
    local: plan.localDomain,
    web: pagesDomain(plan),
    isSecure: plan.authorizedFetch || plan.limitedFederation,
    isLimited: plan.limitedFederation,
    mailFrom: plan.mailFrom,
    media: plan.media,
    version: plan.release.version,
  };
  return `${JSON.stringify(facts)}\n`;
}

/** Undefined: Mastodon is not set up. */
export function readFacts({ read }: Pick<DeviceLook, 'read'>): DoctorFacts | undefined {
  const text = read(doctorFile);
  if (text === undefined) return undefined;
  // An upgrade changes what runs, and nothing else of these.
  const { version } = JSON.parse(read(releaseFile) ?? '{}') as Partial<MastodonRelease>;
  return { ...(JSON.parse(text) as DoctorFacts), ...(version === undefined ? {} : { version }) };
}

/** The services of the device that Mastodon uses; undefined if they are not set up. */
export function readServices({ read }: Pick<DeviceLook, 'read'>): DataServices | undefined {
  const text = read(dataFile);
  return text === undefined ? undefined : (JSON.parse(text) as DataServices);
}
