import { describe, expect, test } from 'vitest';
import { makeDatabaseStep } from '../../../../stages/70-mastodon/setup/steps/database-step.ts';
import { makeOwnerStep } from '../../../../stages/70-mastodon/setup/steps/owner-step.ts';
import { makeStartStep } from '../../../../stages/70-mastodon/setup/steps/start-step.ts';
import { PowerCut } from '../../20-system-setup/fake-device.ts';
import { JobFails } from './fake-cluster.ts';
import { answers, makeDevice, state, streaming, times, web } from './mastodon-device.ts';

const database = makeDatabaseStep(times);
const start = makeStartStep(times);
const owner = makeOwnerStep(times);
const password = '0123456789abcdef0123456789abcdef';

describe('the database of Mastodon', () => {
  test('is prepared by a job, after the images are there and before anything else runs', async () => {
    const { device, cluster } = makeDevice();
    await device.run(database, answers);

    expect([...cluster.images]).toEqual([web, streaming]);
    expect(cluster.jobs).toEqual([['bundle', 'exec', 'rake', 'db:prepare']]);
    expect(cluster.names('Namespace')).toEqual(['mastodon']);
    expect([cluster.names('Deployment'), cluster.names('Job')]).toEqual([[], []]);
    expect(device.has(`${state}/applied`)).toBe(true);
  });

  test('imports no image that the cluster has', async () => {
    const { device, cluster } = makeDevice();
    cluster.images.add(web).add(streaming);
    await device.run(database, answers);

    expect(device.calls.filter(({ args }) => args[0] === 'ctr')).toEqual([]);
  });

  test('runs the version of the image on the database of an older backup', async () => {
    const { device, cluster } = makeDevice();
    const older = { version: 'v4.6.9', web: 'ghcr.io/mastodon/mastodon:v4.6.9', streaming: 'x:v4.6.9' };
    device.put(`${state}/release.json`, JSON.stringify(older), 0o600);
    await device.run(database, answers);

    expect(JSON.parse(device.get(`${state}/release.json`) ?? '')).toEqual({
      version: 'v4.7.4',
      web,
      streaming,
    });
    expect([...cluster.images]).toEqual([web, streaming]);
  });

  test('fetches the images of an upgrade again when the cluster has lost them', async () => {
    const { device, cluster } = makeDevice();
    const release = { version: 'v4.8.0', web: 'a/web:v4.8.0', streaming: 'a/streaming:v4.8.0' };
    device.put(`${state}/release.json`, JSON.stringify(release), 0o600);
    await expect(device.run(database, answers)).rejects.toThrow('are not on the device');
    const sources = { web: 'a/web:v4.8.0@sha256:1', streaming: 'a/streaming:v4.8.0@sha256:2' };
    cluster.fetchable = new Set(Object.values(sources));
    device.put(`${state}/release.json`, JSON.stringify({ ...release, sources }), 0o600);
    await device.run(database, answers);

    expect([...cluster.images]).toEqual([release.web, release.streaming]);
  });

  test('tells what the job said when it failed, and runs it again the next time', async () => {
    const { device, cluster } = makeDevice();
    cluster.work = () => {
      throw new JobFails('PG::ConnectionBad: no such host');
    };
    await expect(device.run(database, answers)).rejects.toThrow('could not be made ready');
    cluster.work = () => '';
    const log = device.log.join('\n');
    await device.run(database, answers);

    expect(log).toContain('PG::ConnectionBad');
    expect(cluster.jobs).toHaveLength(2);
  });

  test('waits while the cluster starts again', async () => {
    const { device, cluster } = makeDevice();
    cluster.awayFor = 1;
    await device.run(database, answers);

    expect(cluster.jobs).toHaveLength(1);
  }, 10_000);

  test('never gets another domain', async () => {
    const { device } = makeDevice();
    await device.run(database, answers);
    const other = { ...answers, mastodon: { ...answers['mastodon'], domain: 'other.example.org' } };

    await expect(device.run(database, other)).rejects.toThrow('was made for ada.example.org');
  });

  test.each([
    ['this device has joined another one', { ...answers, cluster: { role: 'agent' } }],
    ['there are no apps', { mastodon: answers['mastodon'] ?? {} }],
  ])('is not made when %s', async (_why, given) => {
    const { device } = makeDevice();
    await expect(device.run(database, given)).rejects.toThrow('run by this device itself');
    await expect(device.run(start, given)).rejects.toThrow('run by this device itself');
  });

  test('is finished after a power cut at any moment', async () => {
    let cutAt = 1;
    for (let isCut = true; isCut; cutAt++) {
      const { device, cluster } = makeDevice();
      isCut = await wasCut(device.run(database, answers, cutAt));
      await device.run(database, answers);
      expect(cluster.names('Job')).toEqual([]);
      expect(device.get(`${state}/domains.json`)).toContain('ada.example.org');
    }
    expect(cutAt).toBeGreaterThan(8);
  });
});

describe('starting Mastodon', () => {
  test('puts all into the cluster, waits for it, and tells the doctor', async () => {
    const { device, cluster } = makeDevice();
    await device.run(start, answers);

    expect(cluster.names('Deployment')).toEqual(['sidekiq-all', 'streaming', 'web']);
    expect(cluster.names('Service')).toEqual(['streaming', 'web']);
    expect(device.mode(`${state}/doctor.json`)).toBe(0o600);
  });

  test('gives no secret to a log or an argument', async () => {
    const { device } = makeDevice();
    await device.run(database, answers);
    await device.run(start, answers);
    const seen = [...device.log, ...device.calls.flatMap(({ args }) => args)].join('\n');

    expect(seen).not.toContain('canary');
    expect(
      device.calls.some(
        ({ input }) =>
          input.includes(Buffer.from('canary-postgres').toString('base64')) ||
          input.includes('canary-postgres'),
      ),
    ).toBe(true);
  });

  test('removes what these answers no longer want', async () => {
    const { device, cluster } = makeDevice();
    const labels = { 'app.kubernetes.io/managed-by': 'hearth' };
    cluster.objects.set('Deployment/sidekiq-push', {
      kind: 'Deployment',
      metadata: { name: 'sidekiq-push', labels },
    });
    cluster.objects.set('Deployment/own', { kind: 'Deployment', metadata: { name: 'own', labels: {} } });
    await device.run(start, answers);

    expect(cluster.names('Deployment')).toEqual(['own', 'sidekiq-all', 'streaming', 'web']);
  });

  test('begins nothing new before what is no longer wanted has ended', async () => {
    const { device, cluster } = makeDevice();
    const labels = { 'app.kubernetes.io/component': 'sidekiq-scheduler' };
    cluster.pods = [{ metadata: { name: 'sidekiq-scheduler-1', labels } }];
    const seen: number[] = [];
    cluster.onPods = () => {
      if (seen.length === 2) cluster.pods = [];
      seen.push(cluster.names('Deployment').length);
    };
    await device.run(start, answers);

    expect(seen.slice(0, 3)).toEqual([0, 0, 0]);
    expect(cluster.names('Deployment')).toContain('sidekiq-all');
  });

  test('says why a part does not run when its time is over', async () => {
    const { device, cluster } = makeDevice();
    cluster.isStuck = true;
    const webPod = { name: 'web-1', labels: { 'app.kubernetes.io/component': 'web' } };
    const impatient = makeStartStep({ limitMs: 5, pauseMs: 1 });
    await expect(device.run(impatient, answers)).rejects.toThrow('after half an hour');
    cluster.pods = [
      {
        metadata: webPod,
        status: { containerStatuses: [{ state: { waiting: { reason: 'ErrImageNeverPull' } } }] },
      },
    ];
    await expect(device.run(impatient, answers)).rejects.toThrow('container image of Mastodon is missing');
  });

  test('ends it when it is skipped, keeps its data, and does nothing on a device without it', async () => {
    const { device, cluster } = makeDevice();
    await device.run(database, answers);
    await device.run(start, answers);
    const skipped = { cluster: { role: 'server' } };
    await device.run(start, skipped);
    const calls = device.calls.length;
    await device.run(start, skipped);

    expect(cluster.objects.size).toBe(0);
    expect([device.has(`${state}/doctor.json`), device.has(`${state}/keys.json`)]).toEqual([false, true]);
    expect(device.calls.length).toBe(calls);
  });
});

describe('the account of the owner', () => {
  const made = (args: readonly string[]) => (args[1] === 'accounts' ? `OK\nNew password: ${password}\n` : '');

  test('is made, with its password in a file of its own and nowhere else', async () => {
    const { device, cluster } = makeDevice();
    cluster.work = made;
    await device.run(owner, answers);

    expect(cluster.jobs[0]).toEqual(
      'bin/tootctl accounts create ada --email ada@example.net --confirmed --approve --role Owner'.split(' '),
    );
    expect(device.get(`${state}/owner-password`)).toBe(`${password}\n`);
    expect(device.mode(`${state}/owner-password`)).toBe(0o600);
    expect(device.get(`${state}/owner.json`)).toBe('{"name":"ada","email":"ada@example.net"}\n');
    expect(device.log.join('\n')).not.toContain(password);
    expect(cluster.names('Job')).toEqual([]);
  });

  test('is not made twice, and a password that was noted does not come back', async () => {
    const { device, cluster } = makeDevice();
    cluster.work = made;
    await device.run(owner, answers);
    const { length } = cluster.jobs;
    await device.run({ ...owner, run: async (task) => task.remove(`${state}/owner-password`) }, answers);
    await device.run(owner, answers);

    expect(cluster.jobs).toHaveLength(length);
    expect(device.has(`${state}/owner-password`)).toBe(false);
  });

  test('gets a new password when it is there, but what it was is lost', async () => {
    const { device, cluster } = makeDevice();
    cluster.work = (args) => {
      if (args[2] === 'create') throw new JobFails('ERROR: Username has already been taken');
      return made(args);
    };
    await device.run(owner, answers);

    expect(cluster.jobs[1]?.join(' ')).toMatch(/accounts modify ada .*--role Owner --reset-password$/);
    expect(device.get(`${state}/owner-password`)).toBe(`${password}\n`);
  });

  test('has its password also after a power cut at any moment', async () => {
    let cutAt = 1;
    for (let isCut = true; isCut; cutAt++) {
      const { device, cluster } = makeDevice();
      const there = new Set<string>();
      cluster.work = (args) => {
        const [, , verb, name = ''] = args;
        if (verb === 'create' && there.has(name)) throw new JobFails('Username has already been taken');
        there.add(name);
        return made(args);
      };
      isCut = await wasCut(device.run(owner, answers, cutAt));
      await device.run(owner, answers);
      expect(device.get(`${state}/owner-password`)).toBe(`${password}\n`);
      expect(cluster.names('Job')).toEqual([]);
    }
    expect(cutAt).toBeGreaterThan(8);
  });

  test('gets another address', async () => {
    const { device, cluster } = makeDevice();
    cluster.work = made;
    await device.run(owner, answers);
    const email = 'ada@example.com';
    await device.run(owner, { ...answers, mastodon: { ...answers['mastodon'], email } });

    expect(cluster.jobs.at(-1)?.slice(1)).toEqual([
      'accounts',
      'modify',
      'ada',
      '--email',
      email,
      '--confirm',
    ]);
    expect(device.get(`${state}/owner.json`)).toContain(email);
  });

  test('is the one of a backup, whose timelines are built again', async () => {
    const { device, cluster } = makeDevice();
    device.put(`${state}/owner.json`, '{"name":"ada","email":"ada@example.net"}');
    device.put(`${state}/feeds-wanted`, '');
    await device.run(owner, answers);

    expect(cluster.jobs[0]).toEqual(['bin/tootctl', 'feeds', 'build', '--all']);
    expect(cluster.jobs.some((args) => args.includes('accounts'))).toBe(false);
    expect(device.has(`${state}/feeds-wanted`)).toBe(false);
    expect(device.has(`${state}/owner-password`)).toBe(false);
  });

  test('comes with the settings, of which only those that change are told again', async () => {
    const { device, cluster } = makeDevice();
    const told: string[] = [];
    cluster.work = (args, env) => {
      if (args[1] === 'runner') told.push(env['MASTODON_SETTINGS'] ?? '');
      return made(args);
    };
    await device.run(owner, answers);
    await device.run(owner, answers);
    await device.run(owner, { ...answers, 'mastodon-more': { keepPostsDays: '90' } });
    await device.run(owner, answers);

    expect(told.map((text) => JSON.parse(text))).toEqual([
      { registrations_mode: 'none', media_cache_retention_period: 7, content_cache_retention_period: null },
      { content_cache_retention_period: 90 },
      { content_cache_retention_period: null },
    ]);
  });
});

async function wasCut(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return false;
  } catch (error) {
    if (error instanceof PowerCut) return true;
    throw error;
  }
}
