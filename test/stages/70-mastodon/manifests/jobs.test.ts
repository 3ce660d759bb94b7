import type { IJob } from 'kubernetes-models/batch/v1/Job';
import { describe, expect, it } from 'vitest';
import {
  migrateJob,
  prepareJob,
  runnerJob,
  tootctlJob,
} from '../../../../stages/70-mastodon/setup/manifests/jobs.ts';
import { samplePlan } from './sample-plan.ts';

function containerOf({ spec }: IJob) {
  const container = spec?.template.spec?.containers[0];
  if (container === undefined) throw new Error('no container');
  return container;
}

const environmentOf = (job: IJob) =>
  Object.fromEntries(containerOf(job).env?.map(({ name, value }) => [name, value]) ?? []);

const newer = { ...samplePlan, release: { ...samplePlan.release, version: 'v4.8.0-rc.1' } };

describe('jobs that change the schema', () => {
  it('go straight to PostgreSQL', () => {
    for (const job of [
      prepareJob(samplePlan),
      migrateJob(samplePlan, 'before'),
      migrateJob(samplePlan, 'after'),
    ]) {
      expect(environmentOf(job)).toMatchObject({ DB_PORT: '5432' });
      expect(job.spec?.template.metadata?.labels).toMatchObject({ 'hearth/reach': 'database' });
    }
  });

  it('leave the migrations without a way back for after the pods', () => {
    expect(containerOf(prepareJob(samplePlan)).args).toEqual(['bundle', 'exec', 'rake', 'db:prepare']);
    expect(containerOf(migrateJob(samplePlan, 'before')).args).toEqual([
      'bundle',
      'exec',
      'rake',
      'db:migrate',
    ]);
    expect(environmentOf(migrateJob(samplePlan, 'before'))).toMatchObject({
      SKIP_POST_DEPLOYMENT_MIGRATIONS: 'true',
    });
    expect(environmentOf(migrateJob(samplePlan, 'after'))).not.toHaveProperty(
      'SKIP_POST_DEPLOYMENT_MIGRATIONS',
    );
  });
});

describe('names of jobs', () => {
  const name = ({ metadata }: IJob) => metadata?.name ?? '';

  it('carry the version and change with it, with the settings and with the work', () => {
    expect(name(prepareJob(samplePlan))).toMatch(/^prepare-4-7-4-[0-9a-f]{8}$/);
    expect(name(prepareJob(newer))).toMatch(/^prepare-4-8-0-rc-1-[0-9a-f]{8}$/);
    expect(name(prepareJob({ ...samplePlan }))).toBe(name(prepareJob(samplePlan)));
    expect(name(prepareJob({ ...samplePlan, language: 'de' }))).not.toBe(name(prepareJob(samplePlan)));

    const settings = (code: string, run?: string) =>
      name(runnerJob(samplePlan, { name: 'settings', code, ...(run === undefined ? {} : { run }) }));
    expect(settings('p 1')).toBe(settings('p 1'));
    expect(settings('p 2')).not.toBe(settings('p 1'));
    expect(settings('p 1', 'again')).not.toBe(settings('p 1'));
  });

  it('are short enough for the names of their pods', () => {
    const long = { ...samplePlan, release: { ...samplePlan.release, version: `v4.7.4-${'x'.repeat(60)}` } };

    expect(name(migrateJob(long, 'before')).length).toBeLessThan(57);
  });
});

describe('jobs of the device', () => {
  it('hand code and arguments to Mastodon as they are, through PgBouncer', () => {
    const runner = runnerJob(samplePlan, {
      name: 'relay',
      code: 'p ENV["RELAY"]',
      environment: { RELAY: 'https://relay.example/inbox' },
      keepSeconds: 60,
      timeLimitSeconds: 300,
      retries: 0,
    });
    const owner = tootctlJob(samplePlan, { name: 'owner', args: ['accounts', 'create', 'alice'] });

    expect(containerOf(runner).args).toEqual(['bin/rails', 'runner', 'p ENV["RELAY"]']);
    expect(environmentOf(runner)).toMatchObject({ RELAY: 'https://relay.example/inbox' });
    expect(environmentOf(runner)).not.toHaveProperty('DB_PORT');
    expect(runner.spec).toMatchObject({
      backoffLimit: 0,
      activeDeadlineSeconds: 300,
      ttlSecondsAfterFinished: 60,
    });
    expect(containerOf(owner).args).toEqual(['bin/tootctl', 'accounts', 'create', 'alice']);
    expect(owner.metadata?.labels).toMatchObject({ 'app.kubernetes.io/component': 'job-owner' });
  });
});
