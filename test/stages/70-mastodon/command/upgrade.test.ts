import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeUpgradeCommand } from '../../../../stages/70-mastodon/setup/command/upgrade.ts';
import { makeStartStep } from '../../../../stages/70-mastodon/setup/steps/start-step.ts';
import { type FakeDevice, PowerCut } from '../../20-system-setup/fake-device.ts';
import { type FakeCluster, JobFails } from '../steps/fake-cluster.ts';
import { answers, makeDevice, state, streaming, times, web } from '../steps/mastodon-device.ts';
import { callMastodon } from './call-mastodon.ts';

const start = makeStartStep(times);
const upgrade = makeUpgradeCommand({ job: times, rollout: times });
const digest = `sha256:${'a'.repeat(64)}`;
const newWeb = 'ghcr.io/mastodon/mastodon:v4.8.0';
const newStreaming = 'ghcr.io/mastodon/mastodon-streaming:v4.8.0';
const words = `upgrade ${newWeb}@${digest} ${newStreaming}@${digest} --yes`;
const dump = '/srv/hearth/mastodon-upgrade/before.dump';

interface Upgraded {
  readonly device: FakeDevice;
  readonly cluster: FakeCluster;
  /** What happened to data and pods, in order. */
  readonly happened: string[];
  /** The image that web runs. */
  readonly runs: () => string;
}

/** A device with a Mastodon that runs, a registry, and a PostgreSQL that notes what it is told. */
async function running(): Promise<Upgraded> {
  const { device, cluster } = makeDevice();
  await device.run(start, answers);
  const happened: string[] = [];
  cluster.work = (args) => {
    happened.push(args.join(' '));
    return '';
  };
  cluster.fetchable = new Set([`${newWeb}@${digest}`, `${newStreaming}@${digest}`]);
  device.put('/srv/hearth/there', '');
  device.programs['mv'] = ([, from = '', to = '']) => {
    renameSync(join(device.root, from), join(device.root, to));
    return {};
  };
  const at = '/usr/lib/postgresql/17/bin';
  device.programs[`${at}/psql`] = (args) => {
    const statement = args.at(-1)?.replace('--command=', '') ?? '';
    if (statement.startsWith('SELECT pg_database_size')) return { stdout: '50000000\n' };
    happened.push(statement);
    return {};
  };
  device.programs[`${at}/pg_dump`] = (args) => {
    const file = args.find((arg) => arg.startsWith('--file='))?.slice(7) ?? '';
    device.put(file, 'dump', 0o600);
    happened.push('dump');
    return {};
  };
  device.programs[`${at}/pg_restore`] = (args) => {
    if (device.get(args.at(-1) ?? '') !== 'dump') return { exitCode: 1 };
    const isStopped = cluster.objects.get('Deployment/web')?.spec?.replicas === 0;
    happened.push(isStopped ? 'restore' : 'restore while it runs');
    return {};
  };
  const runs = () => {
    const containers = cluster.objects.get('Deployment/web')?.spec?.template?.spec?.containers ?? [];
    return containers[0]?.image ?? '';
  };
  return { device, cluster, happened, runs };
}

const call = (device: FakeDevice, args: string, cutAt?: number) =>
  callMastodon(device, args, { upgrade, ...(cutAt === undefined ? {} : { cutAt }) });

const release = (device: FakeDevice) => JSON.parse(device.get(`${state}/release.json`) ?? '{}');

describe('an upgrade', () => {
  test('copies the database, changes it in two halves with the new pods in between, and is noted', async () => {
    const { device, cluster, happened, runs } = await running();
    const { exitCode, out } = await call(device, words);

    expect([exitCode, out.split('\n').at(-1)]).toEqual([0, 'Mastodon v4.8.0 runs.']);
    expect(happened).toEqual(['dump', 'bundle exec rake db:migrate', 'bundle exec rake db:migrate']);
    expect(cluster.environments.map((env) => env['SKIP_POST_DEPLOYMENT_MIGRATIONS'])).toEqual([
      'true',
      undefined,
    ]);
    expect(runs()).toBe(newWeb);
    expect(release(device)).toMatchObject({ version: 'v4.8.0', web: newWeb, streaming: newStreaming });
    expect([device.has(`${state}/upgrade.json`), device.has(dump)]).toEqual([false, false]);
    expect(cluster.names('Job')).toEqual([]);
    expect(JSON.parse(device.get(`${state}/doctor.json`) ?? '{}').version).toBe('v4.8.0');
  });

  test('with archives takes name and version from them', async () => {
    const { device, runs } = await running();
    device.put('/tmp/web.tar', newWeb);
    device.put('/tmp/streaming.tar', newStreaming);
    device.programs['tar'] = (args) => {
      if (args.at(-1) !== 'manifest.json') return { exitCode: 2 };
      return { stdout: JSON.stringify([{ RepoTags: [device.get(args.at(-2) ?? '')] }]) };
    };
    const { exitCode } = await call(device, 'upgrade /tmp/web.tar /tmp/streaming.tar --yes');

    expect([exitCode, runs()]).toEqual([0, newWeb]);
  });

  test.each([
    [
      'an older version',
      `upgrade ${web.replace('4.7.4', '4.6.9')}@${digest} ${streaming.replace('4.7.4', '4.6.9')}@${digest} --yes`,
      3,
    ],
    ['two that do not belong together', `upgrade ${newWeb}@${digest} ${streaming}@${digest} --yes`, 2],
    ['a name without a digest', `upgrade ${newWeb} ${newStreaming} --yes`, 2],
    ['one image', `upgrade ${newWeb}@${digest} --yes`, 2],
    ['nobody who can say yes', words.replace(' --yes', ''), 2],
    ['nothing to go on with', 'upgrade --continue', 3],
    ['the version that runs', `upgrade ${web}@${digest} ${streaming}@${digest} --yes`, 0],
  ])('does not begin with %s', async (_what, args, exitCode) => {
    const { device, happened } = await running();
    expect((await call(device, args)).exitCode).toBe(exitCode);
    expect([happened, device.has(`${state}/upgrade.json`)]).toEqual([[], false]);
  });

  test('changes nothing when an image can not be fetched', async () => {
    const { device, cluster, happened, runs } = await running();
    cluster.fetchable = new Set();
    const { exitCode, err } = await call(device, words);

    expect([exitCode, err]).toEqual([1, expect.stringContaining('could not be fetched')]);
    expect([happened, runs(), device.has(`${state}/upgrade.json`)]).toEqual([[], web, false]);
  });

  test('leaves the old version when the first half fails', async () => {
    const { device, cluster, runs } = await running();
    cluster.work = () => {
      throw new JobFails('PG::UndefinedColumn: something');
    };
    const { exitCode, out, err } = await call(device, words);

    expect(exitCode).toBe(1);
    expect(out).toContain('PG::UndefinedColumn');
    expect(err).toContain('Mastodon v4.7.4 runs again.');
    expect([runs(), release(device).version]).toEqual([web, 'v4.7.4']);
    expect([device.has(`${state}/upgrade.json`), device.has(dump)]).toEqual([false, false]);
  });

  test('brings the old pods back when the new ones do not start', async () => {
    const { device, cluster, runs } = await running();
    cluster.isBroken = (image) => image === newWeb;
    const impatient = makeUpgradeCommand({ job: times, rollout: { limitMs: 20, pauseMs: 1 } });
    const { exitCode, err } = await callMastodon(device, words, { upgrade: impatient });

    expect([exitCode, err]).toEqual([1, expect.stringContaining('Mastodon v4.7.4 runs again.')]);
    expect([runs(), release(device).version]).toEqual([web, 'v4.7.4']);
  });
});

describe('an upgrade whose second half fails', () => {
  async function stuck(): Promise<Upgraded> {
    const upgraded = await running();
    let migrations = 0;
    upgraded.cluster.work = (args) => {
      upgraded.happened.push(args.join(' '));
      if (args.includes('db:migrate') && ++migrations === 2) throw new JobFails('disk full');
      return '';
    };
    expect((await call(upgraded.device, words)).exitCode).toBe(1);
    upgraded.happened.length = 0;
    return upgraded;
  }

  test('keeps the new version running and the copy, and nothing tries again by itself', async () => {
    const { device, runs, happened } = await stuck();
    const { exitCode } = await call(device, 'upgrade --continue --unless-stuck');

    expect([exitCode, happened, runs()]).toEqual([0, [], newWeb]);
    expect(device.get(dump)).toBe('dump');
    await expect(device.run(start, answers)).rejects.toThrow('is not finished');
  });

  test('is finished when a person says so', async () => {
    const { device, happened } = await stuck();
    expect((await call(device, 'upgrade --continue')).exitCode).toBe(0);
    expect(happened).toEqual(['bundle exec rake db:migrate']);
    expect([release(device).version, device.has(dump)]).toEqual(['v4.8.0', false]);
  });

  test('goes back to the copy of the database, with everything stopped, when a person says so', async () => {
    const { device, happened, runs } = await stuck();
    expect((await call(device, 'upgrade --back')).exitCode).toBe(2);
    expect((await call(device, 'upgrade --back --yes')).exitCode).toBe(0);

    const [drop, create, restore, dropOld, rename] = happened;
    expect([drop, create, restore]).toEqual([
      expect.stringContaining('DROP DATABASE IF EXISTS "mastodon_production_back"'),
      expect.stringContaining('CREATE DATABASE "mastodon_production_back" OWNER "mastodon"'),
      'restore',
    ]);
    expect([dropOld, rename]).toEqual([
      expect.stringContaining('DROP DATABASE IF EXISTS "mastodon_production"'),
      expect.stringContaining('RENAME TO "mastodon_production"'),
    ]);
    expect([runs(), release(device).version]).toEqual([web, 'v4.7.4']);
    expect([device.has(`${state}/upgrade.json`), device.has(dump)]).toEqual([false, false]);
  });
});

describe('an upgrade that the power cuts off', () => {
  test('is finished by the next start, at whatever moment it was', async () => {
    let cutAt = 1;
    for (let isCut = true; isCut; cutAt++) {
      const { device, cluster, runs } = await running();
      isCut = await call(device, words, cutAt).then(() => false, isPowerCut);
      const hasBegun = device.has(`${state}/upgrade.json`);
      await call(device, hasBegun ? 'upgrade --continue --unless-stuck' : words);

      expect([runs(), release(device).version], `cut at ${cutAt}`).toEqual([newWeb, 'v4.8.0']);
      expect([device.has(`${state}/upgrade.json`), cluster.names('Job')]).toEqual([false, []]);
    }
    expect(cutAt).toBeGreaterThan(30);
  });
});

function isPowerCut(error: unknown): boolean {
  if (error instanceof PowerCut) return true;
  throw error;
}
