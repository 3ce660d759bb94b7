import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { ICronJob } from 'kubernetes-models/batch/v1/CronJob';
import type { IPodTemplateSpec } from 'kubernetes-models/v1/PodTemplateSpec';
import { describe, expect, it } from 'vitest';
import { prepareJob, runnerJob } from '../../../../stages/70-mastodon/setup/manifests/jobs.ts';
import { renderManifests } from '../../../../stages/70-mastodon/setup/manifests/manifests.ts';
import type { MastodonPlan } from '../../../../stages/70-mastodon/setup/manifests/plan.ts';
import { bucketMedia, samplePlan } from './sample-plan.ts';

function deploymentsOf(plan: MastodonPlan, isStopped = false): ReadonlyMap<string, IDeployment> {
  const { workloads } = renderManifests(plan, { isStopped });
  return new Map(
    workloads
      .filter((object): object is IDeployment => object.kind === 'Deployment')
      .map((object) => [object.metadata?.name ?? '', object]),
  );
}

function cronJobsOf(plan: MastodonPlan, isStopped = false): readonly ICronJob[] {
  const { workloads } = renderManifests(plan, { isStopped });
  return workloads.filter((object): object is ICronJob => object.kind === 'CronJob');
}

function podsOf(plan: MastodonPlan): readonly IPodTemplateSpec[] {
  return [
    ...[...deploymentsOf(plan).values()].map(({ spec }) => spec?.template),
    ...cronJobsOf(plan).map(({ spec }) => spec?.jobTemplate.spec?.template),
    prepareJob(plan).spec?.template,
    runnerJob(plan, { name: 'settings', code: 'p 1' }).spec?.template,
  ].flatMap((pod) => (pod === undefined ? [] : [pod]));
}

function main(template: IPodTemplateSpec | undefined) {
  const container = template?.spec?.containers[0];
  if (container === undefined) throw new Error('no container');
  return container;
}

const hashOf = (plan: MastodonPlan, name: string) =>
  deploymentsOf(plan).get(name)?.spec?.template.metadata?.annotations?.['hearth/settings'];

describe('every pod', () => {
  it.each(
    [...podsOf({ ...samplePlan, memoryMebibytes: 16_000 })].map((pod) => [main(pod).name, pod] as const),
  )('(%s) has no more rights than it needs, and stays on the device of the server', (_name, { spec }) => {
    expect(spec?.automountServiceAccountToken).toBe(false);
    expect(spec?.enableServiceLinks).toBe(false);
    expect(spec?.nodeSelector).toEqual({ 'node-role.kubernetes.io/control-plane': 'true' });
    expect(spec?.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 991,
      runAsGroup: 991,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    for (const container of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) {
      expect(container.imagePullPolicy).toBe('IfNotPresent');
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.resources?.requests?.['memory']).toMatch(/^\d+Mi$/);
      expect(container.resources?.limits?.['memory']).toMatch(/^\d+Mi$/);
      expect(container.resources?.limits).not.toHaveProperty('cpu');
    }
  });

  it('of Rails has a private temporary folder, and what the image compiled beforehand', () => {
    for (const { spec } of podsOf(samplePlan).filter((pod) => main(pod).name !== 'streaming')) {
      const mounts = new Map(
        spec?.containers[0]?.volumeMounts?.map(({ mountPath, name }) => [mountPath, name]),
      );
      expect(mounts.get('/tmp')).toBe('tmp');
      expect(mounts.get('/opt/mastodon/tmp')).toBe('rails-tmp');
      const script = spec?.initContainers?.[0]?.command?.[2] ?? '';
      expect(script).toMatch(/^umask 077 && mkdir -p \/scratch\/tmp\/m && /);
      expect(script).toContain('cp -Ru /opt/mastodon/tmp/. /scratch/rails/');
    }
  });

  it('of the web image has the local media, and has nothing of the device when they are in a bucket', () => {
    const media = (plan: MastodonPlan) =>
      podsOf(plan).map((pod) => [
        main(pod).name,
        pod.spec?.volumes?.find(({ name }) => name === 'media')?.hostPath?.path,
      ]);

    for (const [name, path] of media(samplePlan)) {
      expect(path).toBe(name === 'streaming' ? undefined : '/srv/hearth/mastodon/system');
    }
    for (const [, path] of media({ ...samplePlan, media: bucketMedia })) expect(path).toBeUndefined();
  });

  it('begins anew when a setting or a password that it has changes, and only then', () => {
    const { services } = samplePlan;
    const otherPassword = {
      ...samplePlan,
      services: { ...services, postgres: { ...services.postgres, password: 'other' } },
    };
    const otherKeys = { ...samplePlan, keys: { ...samplePlan.keys, secretKeyBase: 'b'.repeat(128) } };

    for (const name of ['web', 'streaming', 'sidekiq-all']) {
      expect(hashOf(samplePlan, name)).toMatch(/^[0-9a-f]{16}$/);
      expect(hashOf({ ...samplePlan }, name)).toBe(hashOf(samplePlan, name));
      expect(hashOf(otherPassword, name)).not.toBe(hashOf(samplePlan, name));
    }
    expect(hashOf(otherKeys, 'web')).not.toBe(hashOf(samplePlan, 'web'));
    expect(hashOf(otherKeys, 'streaming')).toBe(hashOf(samplePlan, 'streaming'));
  });
});

describe('deployments', () => {
  it('run web, streaming and Sidekiq with threads and connections that fit each other', () => {
    const all = deploymentsOf(samplePlan);
    const env = (name: string) =>
      Object.fromEntries(main(all.get(name)?.spec?.template).env?.map((one) => [one.name, one.value]) ?? []);

    expect([...all.keys()]).toEqual(['web', 'streaming', 'sidekiq-all']);
    expect(main(all.get('web')?.spec?.template).args).toEqual([
      'bundle',
      'exec',
      'puma',
      '-C',
      'config/puma.rb',
    ]);
    expect(env('web')).toMatchObject({ WEB_CONCURRENCY: '0', MAX_THREADS: '5', DB_POOL: '5', PORT: '3000' });
    expect(main(all.get('streaming')?.spec?.template).args).toEqual(['node', './streaming/index.js']);
    expect(env('streaming')).toEqual({ PORT: '4000', DB_POOL: '5', LOG_LEVEL: 'warn' });
    expect(env('sidekiq-all')).toMatchObject({ DB_POOL: '10' });
  });

  it('give streaming neither keys nor domains, and its own image', () => {
    const streaming = main(deploymentsOf(samplePlan).get('streaming')?.spec?.template);

    expect(streaming.envFrom).toEqual([
      { configMapRef: { name: 'shared' } },
      { secretRef: { name: 'shared' } },
    ]);
    expect(streaming.image).toBe('ghcr.io/mastodon/mastodon-streaming:v4.7.4');
  });

  it('wait ten minutes for a start, and never have two Sidekiqs of a kind', () => {
    for (const memoryMebibytes of [1_900, 3_800, 7_900, 16_000]) {
      for (const [name, { spec }] of deploymentsOf({ ...samplePlan, memoryMebibytes })) {
        const { periodSeconds = 0, failureThreshold = 0 } = main(spec?.template).startupProbe ?? {};
        expect(periodSeconds * failureThreshold).toBeGreaterThanOrEqual(300);
        expect(spec?.replicas).toBe(1);
        if (name.startsWith('sidekiq-')) expect(spec?.strategy).toEqual({ type: 'Recreate' });
      }
    }
  });

  it('compile Ruby only where there is memory for it', () => {
    const compiles = (memoryMebibytes: number) =>
      main(deploymentsOf({ ...samplePlan, memoryMebibytes }).get('web')?.spec?.template).env?.find(
        ({ name }) => name === 'RUBY_YJIT_ENABLE',
      )?.value;

    expect(compiles(3_800)).toBe('0');
    expect(compiles(7_900)).toBeUndefined();
  });

  it('have no pods, and the clean-ups no clock, while Mastodon is stopped', () => {
    expect([...deploymentsOf(samplePlan, true).values()].map(({ spec }) => spec?.replicas)).toEqual([
      0, 0, 0,
    ]);
    expect(cronJobsOf(samplePlan, true).map(({ spec }) => spec?.suspend)).toEqual([true, true, true]);
    expect(cronJobsOf(samplePlan).map(({ spec }) => spec?.suspend)).toEqual([false, false, false]);
  });
});

describe('clean-ups', () => {
  const jobs = cronJobsOf({ ...samplePlan, keepMediaDays: 5 });
  const argsOf = ({ spec }: ICronJob) => main(spec?.jobTemplate.spec?.template).args ?? [];

  it('remove media, previews and accounts that are gone, and nothing that the owner wants to keep', () => {
    expect(jobs.map((job) => argsOf(job).slice(4).join(' '))).toEqual([
      'bin/tootctl media remove --days 5 --concurrency 2',
      'bin/tootctl preview_cards remove --days 14 --concurrency 2',
      'bin/tootctl accounts cull --concurrency 2',
    ]);
  });

  it('start at different times and hold one lock of the device while they work', () => {
    expect(new Set(jobs.map(({ spec }) => spec?.schedule)).size).toBe(3);
    for (const job of jobs) {
      expect(job.spec?.concurrencyPolicy).toBe('Forbid');
      expect(argsOf(job).slice(0, 4)).toEqual(['flock', '--timeout', '3600', '/run/clean-up']);
      const spec = job.spec?.jobTemplate.spec?.template.spec;
      expect(spec?.volumes).toContainEqual({
        name: 'clean-up-lock',
        hostPath: { path: '/run/hearth-mastodon-clean-up', type: 'DirectoryOrCreate' },
      });
      expect(spec?.restartPolicy).toBe('Never');
    }
  });
});
