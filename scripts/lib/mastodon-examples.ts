import { stringify } from 'yaml';
import { prepareJob } from '../../stages/70-mastodon/setup/manifests/jobs.ts';
import { renderManifests } from '../../stages/70-mastodon/setup/manifests/manifests.ts';
import type { MastodonPlan } from '../../stages/70-mastodon/setup/manifests/plan.ts';

/** Stands where a device has a secret of its own. */
const made = 'made-on-the-device';

const boards = [
  { gigabytes: 4, memoryMebibytes: 3_790 },
  { gigabytes: 8, memoryMebibytes: 7_930 },
  { gigabytes: 16, memoryMebibytes: 16_200 },
];

/** What the setup gives the cluster on three sizes of boards: path in the repository → YAML, with no real secret. */
export function mastodonExamples(): ReadonlyMap<string, string> {
  return new Map(
    boards.map(({ gigabytes, memoryMebibytes }) => [
      `docs/examples/mastodon-${gigabytes}gb.yaml`,
      exampleText(examplePlan(memoryMebibytes), gigabytes),
    ]),
  );
}

function exampleText(plan: MastodonPlan, gigabytes: number): string {
  const { foundation, workloads } = renderManifests(plan);
  const media = plan.media.where === 'local' ? 'media on the device' : 'media in a bucket at Cloudflare R2';
  const head = [
    '# Generated from stages/70-mastodon/setup/manifests by `npm run generate`. Do not edit.',
    `# What the setup gives the cluster of a device with ${gigabytes} GB; ${media}. The setup applies the`,
    '# objects itself, and starts the deployments when the job has made the database ready.',
    `# Secrets are placeholders (base64 of "${made}").`,
    '',
  ].join('\n');
  const objects = [...foundation, prepareJob(plan), ...workloads];
  const documents = objects.map((object) =>
    stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 }),
  );
  return `${head}${documents.map((document) => `---\n${document}`).join('')}`;
}

function examplePlan(memoryMebibytes: number): MastodonPlan {
  return {
    release: {
      version: 'v4.7.4',
      web: 'ghcr.io/mastodon/mastodon:v4.7.4',
      streaming: 'ghcr.io/mastodon/mastodon-streaming:v4.7.4',
    },
    memoryMebibytes,
    localDomain: 'example.org',
    ...(memoryMebibytes < 6_000 ? {} : { webDomain: 'social.example.org' }),
    isSingleUser: memoryMebibytes < 6_000,
    language: 'en',
    authorizedFetch: false,
    limitedFederation: false,
    mailFrom: 'mastodon@example.org',
    keepMediaDays: 7,
    media: memoryMebibytes < 6_000 ? { where: 'local' } : bucket,
    services: {
      address: '10.44.0.1',
      postgres: { port: 5432, database: 'mastodon_production', user: 'mastodon', password: made },
      pgbouncer: { port: 6432 },
      valkey: { port: 6379, password: made },
      smtp: { port: 25 },
    },
    keys: {
      secretKeyBase: made,
      encryption: { primaryKey: made, deterministicKey: made, derivationSalt: made },
      vapid: { privateKey: made, publicKey: made },
    },
  };
}

const bucket = {
  where: 'bucket',
  endpoint: 'https://0123456789abcdef0123456789abcdef.r2.cloudflarestorage.com',
  region: 'auto',
  bucket: 'mastodon-files',
  accessKey: made,
  secretKey: made,
  publicHost: 'files.example.org',
} as const;
