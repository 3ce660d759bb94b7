/** What runs: `/var/lib/hearth/mastodon/release.json`. */
export interface MastodonRelease {
  /** `v4.7.4` */
  readonly version: string;
  /** Reference of the container image of web, Sidekiq and all jobs: `ghcr.io/mastodon/mastodon:v4.7.4`. */
  readonly web: string;
  /** Reference of the container image of streaming. */
  readonly streaming: string;
}

/** Keys made once on the device: `/var/lib/hearth/mastodon/keys.json`. None of them may ever change. */
export interface MastodonKeys {
  /** 64 bytes as 128 hexadecimal digits. */
  readonly secretKeyBase: string;
  /** Each 32 letters and digits. */
  readonly encryption: {
    readonly primaryKey: string;
    readonly deterministicKey: string;
    readonly derivationSalt: string;
  };
  /** A pair on P-256 in base64url with padding: 44 and 88 characters. */
  readonly vapid: { readonly privateKey: string; readonly publicKey: string };
}

/** The services of the device that the pods use: `/var/lib/hearth/data.json`. */
export interface DataServices {
  /** The address of the device that all pods reach: `10.44.0.1`. */
  readonly address: string;
  readonly postgres: {
    readonly port: number;
    readonly database: string;
    readonly user: string;
    readonly password: string;
  };
  readonly pgbouncer: { readonly port: number };
  readonly valkey: { readonly port: number; readonly password: string };
  readonly smtp: { readonly port: number };
}

/** Media in a bucket (R2 or any S3). */
export interface BucketMedia {
  readonly where: 'bucket';
  /** `https://ACCOUNT.r2.cloudflarestorage.com`, with its port if it has one, without a path. */
  readonly endpoint: string;
  /** `auto` for R2. */
  readonly region: string;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Host under which visitors fetch the files: `files.example.org`. */
  readonly publicHost: string;
}

/** Media on the disk of the device, below `/srv/hearth/mastodon/system`. */
export interface LocalMedia {
  readonly where: 'local';
}

/** Into how many Sidekiq processes the queues are split. */
export type SidekiqSplit = 'one' | 'three' | 'seven';

/** All that the manifests of Mastodon are made from. */
export interface MastodonPlan {
  readonly release: MastodonRelease;
  /** Memory of the device: decides how the work is split and how much each part gets. */
  readonly memoryMebibytes: number;
  /** Another split of the queues than the memory asks for. */
  readonly profile?: SidekiqSplit;
  /** The part of the accounts' names behind the `@`. Never changes. */
  readonly localDomain: string;
  /** The domain of the pages, if it is another one. Never changes either. */
  readonly webDomain?: string;
  /** One person's server: the front page is their profile. */
  readonly isSingleUser: boolean;
  /** Default language of the pages, as Mastodon spells it: `en`, `de`, `pt-BR`. */
  readonly language: string;
  /** Only servers that sign their requests may read. */
  readonly authorizedFetch: boolean;
  /** Only servers that were let in may read and write. */
  readonly limitedFederation: boolean;
  /** Sender of all mail, an address without a name. */
  readonly mailFrom: string;
  /** After how many days the clean-up jobs forget copies of other servers' media. */
  readonly keepMediaDays: number;
  readonly media: LocalMedia | BucketMedia;
  readonly services: DataServices;
  readonly keys: MastodonKeys;
}

/** Namespace of all objects. */
export const namespace = 'mastodon';

/** Fixed addresses of the services in the cluster, from the static part of 10.43.0.0/16: nginx goes there. */
export const clusterAddress = { web: '10.43.0.30', streaming: '10.43.0.40' } as const;

/** Ports of the services in the cluster. */
export const clusterPort = { web: 3000, streaming: 4000 } as const;

/** Folder of the device with the media, if they are local; owned by `mastodonUser`. */
export const localMediaFolder = '/srv/hearth/mastodon/system';

/** User and group id of Mastodon in its container images. */
export const mastodonUser = 991;

/** The domain of the pages: the web domain, or the one of the accounts' names. */
export function pagesDomain(plan: Pick<MastodonPlan, 'localDomain' | 'webDomain'>): string {
  return plan.webDomain ?? plan.localDomain;
}
