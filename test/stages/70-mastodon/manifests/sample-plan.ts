import type { BucketMedia, MastodonPlan } from '../../../../stages/70-mastodon/setup/manifests/plan.ts';

/** A plan with every setting at its plainest; tests change what they are about. */
export const samplePlan: MastodonPlan = {
  release: {
    version: 'v4.7.4',
    web: 'ghcr.io/mastodon/mastodon:v4.7.4',
    streaming: 'ghcr.io/mastodon/mastodon-streaming:v4.7.4',
  },
  memoryMebibytes: 3_800,
  localDomain: 'example.org',
  isSingleUser: true,
  language: 'en',
  authorizedFetch: false,
  limitedFederation: false,
  mailFrom: 'mastodon@example.org',
  keepMediaDays: 7,
  media: { where: 'local' },
  services: {
    address: '10.44.0.1',
    postgres: { port: 5432, database: 'mastodon_production', user: 'mastodon', password: 'pg-secret' },
    pgbouncer: { port: 6432 },
    valkey: { port: 6379, password: 'valkey-secret' },
    smtp: { port: 25 },
  },
  keys: {
    secretKeyBase: 'a'.repeat(128),
    encryption: {
      primaryKey: 'P'.repeat(32),
      deterministicKey: 'D'.repeat(32),
      derivationSalt: 'S'.repeat(32),
    },
    vapid: { privateKey: `${'v'.repeat(43)}=`, publicKey: `${'V'.repeat(87)}=` },
  },
};

export const bucketMedia: BucketMedia = {
  where: 'bucket',
  endpoint: 'https://0123456789abcdef.r2.cloudflarestorage.com',
  region: 'auto',
  bucket: 'my-files',
  accessKey: 'access-secret',
  secretKey: 'key-secret',
  publicHost: 'files.example.org',
};
