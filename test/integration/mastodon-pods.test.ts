import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { addressStep } from '../../stages/50-data/setup/data/address-step.ts';
import { poolStep } from '../../stages/50-data/setup/data/pool-step.ts';
import { postgresStep } from '../../stages/50-data/setup/data/postgres-step.ts';
import { valkeyStep } from '../../stages/50-data/setup/data/valkey-step.ts';
import { cleanUpNames } from '../../stages/70-mastodon/setup/manifests/clean-up.ts';
import { prepareJob, tootctlJob } from '../../stages/70-mastodon/setup/manifests/jobs.ts';
import { renderManifests } from '../../stages/70-mastodon/setup/manifests/manifests.ts';
import type { ManifestObject } from '../../stages/70-mastodon/setup/manifests/objects.ts';
import type { MastodonPlan } from '../../stages/70-mastodon/setup/manifests/plan.ts';
import { makeKeys } from '../../stages/70-mastodon/setup/steps/make-keys.ts';
import { ClusterHost } from '../helpers/cluster-host.ts';
import { DebianHost } from '../helpers/debian-host.ts';
import { mailSink, unixDoor } from '../helpers/mail-sink.ts';
import { bucketMedia, samplePlan } from '../stages/70-mastodon/manifests/sample-plan.ts';
import { startObjectStore } from '../understudies/object-store.ts';

const answers = { mastodon: { domain: 'example.org' }, device: { name: 'hearth' } };
const webAddress = '10.43.0.30:3000';
const streamingAddress = '10.43.0.40:4000';

let host: DebianHost;
let cluster: ClusterHost;
let plan: MastodonPlan;

beforeAll(async () => {
  host = await DebianHost.create(['50-data']);
  for (const step of [addressStep, postgresStep, poolStep, valkeyStep]) await host.step(step, answers);
  cluster = await ClusterHost.start(host);
  plan = { ...samplePlan, services: cluster.services, keys: makeKeys() };
}, 180_000);

afterAll(async () => await host?.[Symbol.asyncDispose]());

describe('Mastodon from the real manifests, on the real data services', () => {
  it('gets a database, an owner, and all of its pods', async () => {
    await cluster.apply(renderManifests(plan).foundation);
    expect(await cluster.run(prepareJob(plan))).toContain('created the database');
    expect(await cluster.run(ownerJob())).toMatch(/^New password: [0-9a-f]{32}$/m);
    await cluster.apply(renderManifests(plan).workloads);
    await cluster.ready(['web', 'streaming', 'sidekiq-all']);
  }, 120_000);

  it('answers at its fixed address: for its domain only, and by https only', async () => {
    const https = ['-H', 'X-Forwarded-Proto: https'];
    expect(await ask('/health')).toMatch(/^200 OK/);
    expect(await ask('/', [...https, '-H', 'Host: hearth.local'])).toMatch(/^403 Blocked hosts/);
    expect(await ask('/about', ['-H', 'Host: example.org'])).toMatch(/^301 /);
    const known = [...https, '-H', 'Host: example.org'];
    const found = await ask('/.well-known/webfinger?resource=acct:ada@example.org', known);
    expect(found).toContain('"subject":"acct:ada@example.org"');
    expect(await ask('/@ada', [...known, '-H', 'Accept: application/activity+json'])).toContain('publicKey');
    expect(await ask('/@ada', [...known, '-H', 'Accept: text/html'])).toMatch(/^200 <!DOCTYPE html>/);
    expect(await ask('/inbox', [...known, '-d', '{}'])).toMatch(/^401 /);
    // By the one person whose server it is.
    expect(await ask('/', known)).toMatch(/^302 /);
  });

  it('lets only accounts listen', async () => {
    expect(await ask('/api/v1/streaming/health', [], streamingAddress)).toMatch(/^200 OK/);
    const socket = [
      '-m',
      '2',
      '-H',
      'Connection: Upgrade',
      '-H',
      'Upgrade: websocket',
      '-H',
      'Sec-WebSocket-Key: dGVzdA==',
    ];
    expect(await ask('/api/v1/streaming', socket, streamingAddress)).toMatch(/^401 /);
    expect(await ask('/api/v1/streaming?access_token=owner-ada', socket, streamingAddress)).toMatch(/^101 /);
  });

  it('serves every queue once under each profile', async () => {
    for (const [profile, names] of [
      ['three', ['main', 'ingress', 'pull']],
      ['seven', ['default', 'push', 'ingress', 'mailers', 'pull', 'scheduler', 'fasp']],
      ['one', ['all']],
    ] as const) {
      const wanted = renderManifests({ ...plan, profile }).workloads;
      await cluster.apply(wanted);
      const kept = new Set(wanted.map(({ metadata }) => metadata?.name));
      for (const { metadata } of await cluster.get('deployments'))
        if (!kept.has(metadata.name))
          await cluster.kubectl([
            'delete',
            'deployment',
            metadata.name,
            '-n',
            'mastodon',
            '--wait=true',
            '--timeout=60s',
          ]);
      await cluster.ready(names.map((name) => `sidekiq-${name}`));
      for (const queue of ['default', 'push', 'ingress', 'mailers', 'pull', 'scheduler', 'fasp']) {
        await cluster.valkey(
          'LPUSH',
          `queue:${queue}`,
          JSON.stringify({ class: 'UnderstudyEcho', args: [queue], jid: profile }),
        );
        await cluster.until(async () =>
          (await cluster.valkey('LRANGE', 'understudy:done', '0', '-1')).includes(
            `"jid":"${profile}","queue":"${queue}"`,
          ),
        );
      }
      const servers = await Promise.all(
        (await cluster.valkey('SMEMBERS', 'processes'))
          .split('\n')
          .map((name) => cluster.valkey('HGET', name, 'info')),
      );
      expect(servers.filter((info) => info.includes('"scheduler"'))).toHaveLength(1);
    }
  }, 120_000);

  it('sends mail to the port of the device, and keeps media in the folder of the device', async () => {
    await using sink = await mailSink();
    await host.outOf(sink.path, 25, '10.44.0.1');
    await cluster.push('mailers', 'ActionMailer::MailDeliveryJob', ['ben@example.net', 'Welcome', 'Hello.']);
    await cluster.until(async () => sink.mails.length > 0);
    expect(sink.mails[0]).toMatch(
      /^MAIL FROM:<mastodon@example\.org>[\s\S]*RCPT TO:<ben@example\.net>[\s\S]*Subject: Welcome/m,
    );
    await cluster.push('default', 'UnderstudyMediaWorker', ['1/cat.txt', 'a cat']);
    const file = '/srv/hearth/mastodon/system/media_attachments/files/1/cat.txt';
    await cluster.until(async () => host.has(file));
    expect(host.get(file)).toBe('a cat');
  });

  it('keeps media in a bucket, and goes on with the pods that know of it', async () => {
    const store = await startObjectStore();
    onTestFinished(async () => await store.close());
    const bucket = store.addBucket('my-files', { publicHost: 'files.example.org' });
    store.addKey('access-secret', { secretKey: 'key-secret', buckets: ['my-files'] });
    await using door = await unixDoor(Number(new URL(store.endpoint).port));
    await host.outOf(door.path, 9000, '10.44.0.1');
    const media = { ...bucketMedia, endpoint: 'http://10.44.0.1:9000', region: 'auto' };
    const { foundation, workloads } = renderManifests({ ...plan, media });

    await cluster.apply([...foundation, ...workloads]);
    await cluster.ready(['web', 'streaming', 'sidekiq-all']);
    await cluster.push('default', 'UnderstudyMediaWorker', ['2/dog.txt', 'a dog']);

    await cluster.until(async () => bucket.objects.size > 0);
    expect([...bucket.objects.keys()]).toEqual(['media_attachments/files/2/dog.txt']);
    expect(store.mistakes).toEqual([]);
    expect(await cluster.valkey('LRANGE', 'understudy:done', '-1', '-1')).toContain(
      'https://files.example.org/media_attachments/files/2/dog.txt',
    );
    const before = renderManifests(plan);
    await cluster.apply([...before.foundation, ...before.workloads]);
    await cluster.ready(['web', 'streaming', 'sidekiq-all']);
  }, 90_000);

  it('runs each clean-up on demand', async () => {
    for (const name of cleanUpNames) {
      await cluster.kubectl(['create', 'job', `try-${name}`, `--from=cronjob/${name}`, '-n', 'mastodon']);
      expect(await cluster.ended(`try-${name}`)).toMatch(/^(Removed|Visited) 0/m);
    }
    expect(await cluster.valkey('LRANGE', 'understudy:ran', '0', '-1')).toMatch(
      /tootctl media remove[\s\S]*tootctl preview_cards remove[\s\S]*tootctl accounts cull/,
    );
  }, 60_000);

  it('goes on while k3s starts again, and is started again when it ends', async () => {
    const [before] = await cluster.get('pods', 'app.kubernetes.io/component=web');
    await cluster.killServer();
    expect(await ask('/health')).toMatch(/^200 OK/);
    await cluster.startServer();
    const [after] = await cluster.get('pods', 'app.kubernetes.io/component=web');
    expect(after?.metadata.name).toBe(before?.metadata.name);
    await host.shell('pkill -KILL -f "mastodon.cjs bundle exec puma"');
    await cluster.until(
      async () =>
        (await cluster.get('pods', 'app.kubernetes.io/component=web'))[0]?.status?.containerStatuses?.[0]
          ?.restartCount === 1,
    );
    await cluster.ready(['web']);
  }, 60_000);
});

it('Mastodon is there again after a power cut, with what its volumes still hold', async () => {
  const [before] = await cluster.get('pods', 'app.kubernetes.io/component=sidekiq-all');

  await cluster.cutPower();
  expect(await ask('/health')).not.toMatch(/^200/);
  await cluster.startServer();

  await cluster.until(async () => (await ask('/health')).startsWith('200'));
  await cluster.ready(['web', 'streaming', 'sidekiq-all']);
  const [after] = await cluster.get('pods', 'app.kubernetes.io/component=sidekiq-all');
  expect(after?.metadata.name).toBe(before?.metadata.name);
}, 60_000);

describe('Mastodon refuses', () => {
  const cases: readonly (readonly [string, () => ManifestObject, RegExp])[] = [
    [
      'migrations through PgBouncer',
      () => changed(prepareJob(plan), { DB_PORT: '6432' }),
      /ConcurrentMigrationError/,
    ],
    [
      'prepared statements through PgBouncer',
      () => changed(versionJob(), { PREPARED_STATEMENTS: 'true' }),
      /PREPARED_STATEMENTS|prepared statement/,
    ],
    ['a wrong password of the database', () => changed(versionJob(), { DB_PASS: 'wrong' }), /PG::Error/],
    ['a wrong password of Valkey', () => changed(versionJob(), { REDIS_PASSWORD: 'wrong' }), /WRONGPASS/],
    ['TLS with a PgBouncer that has none', () => changed(versionJob(), { DB_SSLMODE: 'require' }), /SSL/],
    [
      'other keys than those of the database',
      () => changed(versionJob(), { SECRET_KEY_BASE: 'b'.repeat(128) }),
      /Decryption/,
    ],
    [
      'the temporary folder of the volume itself',
      () => changed(versionJob(), { TMPDIR: '/tmp' }),
      /could not find a temporary directory/,
    ],
    [
      'a variable that nobody reads',
      () => changed(versionJob(), { REDIS_NAMESPACE: 'm' }),
      /REDIS_NAMESPACE/,
    ],
  ];
  it.each(cases)('%s', async (_name, job, why) => {
    await expect(cluster.run(job())).rejects.toThrow(why);
  });
});

describe('the cluster refuses', () => {
  it.each<[string, (object: ManifestObject) => unknown, RegExp]>([
    ['an object of another version', (object) => ({ ...object, apiVersion: 'apps/v2' }), /is not in version/],
    [
      'a namespace that is not there',
      (object) => ({ ...object, metadata: { ...object.metadata, namespace: 'other' } }),
      /namespaces "other" not found/,
    ],
    [
      'a selector that does not match',
      (object) => ({ ...object, spec: { ...spec(object), selector: { matchLabels: { a: 'b' } } } }),
      /selector/,
    ],
  ])('%s', async (_name, change, why) => {
    const web = renderManifests(plan).workloads.find(({ kind }) => kind === 'Deployment');
    await expect(cluster.apply([change(web as ManifestObject) as ManifestObject])).rejects.toThrow(why);
  });
});

function spec(object: ManifestObject): object {
  return 'spec' in object ? (object.spec as object) : {};
}

function ownerJob(): ManifestObject {
  const flags = ['--email', 'ada@example.org', '--confirmed', '--approve', '--role', 'Owner'];
  return tootctlJob(plan, { name: 'owner', args: ['accounts', 'create', 'ada', ...flags], retries: 0 });
}

/** A small job of Rails. */
function versionJob(): ManifestObject {
  return tootctlJob(plan, {
    name: 'usage',
    args: ['media', 'usage'],
    retries: 0,
    run: randomBytes(4).toString('hex'),
  });
}

/** The same job with other variables; it is tried once. */
function changed(job: ManifestObject, variables: Readonly<Record<string, string>>): ManifestObject {
  const next = structuredClone(job) as unknown as Job;
  next.metadata.name = `changed-${randomBytes(4).toString('hex')}`;
  next.spec.backoffLimit = 0;
  const [container] = next.spec.template.spec.containers;
  for (const [name, value] of Object.entries(variables)) container.env.push({ name, value });
  return next as unknown as ManifestObject;
}

interface Job {
  metadata: { name: string };
  spec: {
    backoffLimit: number;
    template: { spec: { containers: [{ env: { name: string; value: string }[] }] } };
  };
}

async function ask(path: string, options: readonly string[] = [], address = webAddress): Promise<string> {
  return await cluster.curl(path, options, address);
}
