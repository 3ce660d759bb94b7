import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addressStep } from '../../stages/50-data/setup/data/address-step.ts';
import { poolStep } from '../../stages/50-data/setup/data/pool-step.ts';
import { postgresStep } from '../../stages/50-data/setup/data/postgres-step.ts';
import { valkeyStep } from '../../stages/50-data/setup/data/valkey-step.ts';
import { migrateJob, prepareJob, tootctlJob } from '../../stages/70-mastodon/setup/manifests/jobs.ts';
import { renderManifests } from '../../stages/70-mastodon/setup/manifests/manifests.ts';
import type { MastodonPlan } from '../../stages/70-mastodon/setup/manifests/plan.ts';
import { makeKeys } from '../../stages/70-mastodon/setup/steps/make-keys.ts';
import { ClusterHost } from '../helpers/cluster-host.ts';
import { DebianHost } from '../helpers/debian-host.ts';
import { mastodonImages, nextRelease } from '../helpers/mastodon-images.ts';
import { mirrorImage } from '../helpers/stored-image.ts';
import { samplePlan } from '../stages/70-mastodon/manifests/sample-plan.ts';

const answers = { mastodon: { domain: 'example.org' }, device: { name: 'hearth' } };
const version = nextRelease.version;
const references = {
  web: `ghcr.io/mastodon/mastodon:${version}`,
  streaming: `ghcr.io/mastodon/mastodon-streaming:${version}`,
};

let host: DebianHost;
let cluster: ClusterHost;
let plan: MastodonPlan;

beforeAll(async () => {
  host = await DebianHost.create(['50-data']);
  for (const step of [addressStep, postgresStep, poolStep, valkeyStep]) await host.step(step, answers);
  cluster = await ClusterHost.start(host);
  plan = { ...samplePlan, services: cluster.services, keys: makeKeys() };
  await cluster.apply(renderManifests(plan).foundation);
  await cluster.run(prepareJob(plan));
  await cluster.apply(renderManifests(plan).workloads);
  await cluster.ready(['web', 'streaming', 'sidekiq-all']);
}, 180_000);

afterAll(async () => await host?.[Symbol.asyncDispose]());

it('the next release comes by its digest, and its database is changed in two halves', async () => {
  await pull();
  const next = { ...plan, release: { version, ...references } };
  await cluster.run(migrateJob(next, 'before'));
  // What runs lives with the first half.
  expect(await cluster.run(usage(plan))).toContain('Attachments:');
  await cluster.apply(renderManifests(next).workloads);
  await cluster.ready(['web', 'streaming', 'sidekiq-all']);
  await cluster.run(migrateJob(next, 'after'));
  expect(await cluster.run(usage(next))).toContain('Attachments:');
  // The older one does not live with the second.
  await expect(cluster.run(usage(plan, 'again'))).rejects.toThrow('PG::UndefinedColumn');
}, 120_000);

function usage(one: MastodonPlan, run = '') {
  return tootctlJob(one, { name: 'usage', args: ['media', 'usage'], run, retries: 0 });
}

/** Gets both images from a mirror inside, and gives them the names that the manifests have. */
async function pull(): Promise<void> {
  const mirror = `${host.root}/srv/mirror`;
  mkdirSync(`${mirror}/sha256`, { recursive: true });
  const serve =
    'require("http").createServer((q, r) => require("fs").createReadStream("/srv/mirror" + q.url).pipe(r)).listen(8099)';
  await host.shell(`setsid node -e '${serve}' >/dev/null 2>&1 &`);
  host.put(
    '/etc/rancher/k3s/registries.yaml',
    'mirrors:\n  ghcr.io:\n    endpoint: ["http://127.0.0.1:8099"]\n',
  );
  const images = await mastodonImages(nextRelease);
  for (const name of ['web', 'streaming'] as const) {
    const digest = await mirrorImage(mirror, images[name]);
    const reference = references[name];
    for (const words of [
      ['pull', `${reference}@${digest}`],
      ['tag', '--force', `${reference}@${digest}`, reference],
    ]) {
      const { exitCode, stderr } = await host.inside('/usr/local/bin/k3s', [
        'ctr',
        '-n',
        'k8s.io',
        'images',
        ...words,
      ]);
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    }
  }
}
