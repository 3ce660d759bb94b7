import type { IJob } from 'kubernetes-models/batch/v1/Job';
import { shortHash } from './configuration.ts';
import type { Environment } from './environment.ts';
import { metadataOf } from './objects.ts';
import type { MastodonPlan } from './plan.ts';
import { railsPod } from './pod.ts';
import { profileOf } from './profile.ts';

/** A job in the web image that is run once. */
export interface JobRequest {
  /** Short name, `[a-z][a-z0-9-]*`: its component is `job-NAME`. */
  readonly name: string;
  /** Variables for this job only. No secrets: everybody who may look at the job can read them. */
  readonly environment?: Environment;
  /** Makes the name another one, so that the same work can be done again while the old job is still there. */
  readonly run?: string;
  /** Default 1800. */
  readonly timeLimitSeconds?: number;
  /** How long job and log are kept after the end; default a day. Short for a log with a password. */
  readonly keepSeconds?: number;
  /** How often it is tried again after a failure; default 2. */
  readonly retries?: number;
}

/**
 * Makes the database ready: an empty one gets tables and first rows, an older one is brought up to date. Goes to PostgreSQL
 * itself. Safe to run again.
 */
export function prepareJob(plan: MastodonPlan): IJob {
  return databaseJob(plan, { name: 'prepare', timeLimitSeconds: 14_400 }, 'db:prepare');
}

/**
 * One half of an upgrade: `before` the new pods start, what old and new version both can live with; `after` they run, the
 * rest, from which there is no way back but the dump. The plan's release is the new one.
 */
export function migrateJob(plan: MastodonPlan, when: 'before' | 'after'): IJob {
  const environment = when === 'before' ? { SKIP_POST_DEPLOYMENT_MIGRATIONS: 'true' } : {};
  // Cards are slow, and some migrations rewrite the largest tables.
  return databaseJob(plan, { name: `migrate-${when}`, environment, timeLimitSeconds: 43_200 }, 'db:migrate');
}

/** Ruby code inside Mastodon. Values for it go in by `environment` and are read with ENV, never written into the code. */
export function runnerJob(plan: MastodonPlan, request: JobRequest & { readonly code: string }): IJob {
  return railsJob(plan, request, ['bin/rails', 'runner', request.code]);
}

/** One call of tootctl, with its arguments as they are. */
export function tootctlJob(
  plan: MastodonPlan,
  request: JobRequest & { readonly args: readonly string[] },
): IJob {
  return railsJob(plan, request, ['bin/tootctl', ...request.args]);
}

function databaseJob(plan: MastodonPlan, request: JobRequest, task: string): IJob {
  const { postgres } = plan.services;
  const environment = {
    ...request.environment,
    // Locks and settings of a migration live in one session, which PgBouncer would share out.
    DB_PORT: String(postgres.port),
  };
  return job(
    plan,
    { ...request, environment },
    { reach: 'database', args: ['bundle', 'exec', 'rake', task] },
  );
}

function railsJob(plan: MastodonPlan, request: JobRequest, args: readonly string[]): IJob {
  return job(plan, request, { reach: 'rails', args });
}

function job(
  plan: MastodonPlan,
  {
    name,
    environment = {},
    run = '',
    timeLimitSeconds = 1_800,
    keepSeconds = 86_400,
    retries = 2,
  }: JobRequest,
  { reach, args }: { readonly reach: 'rails' | 'database'; readonly args: readonly string[] },
): IJob {
  const component = `job-${name}`;
  const { metadata, spec } = railsPod(plan, {
    component,
    reach,
    args,
    environment: { DB_POOL: '5', ...environment },
    memory: profileOf(plan).job,
    processorMillis: 100,
  });
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    // A job can't be changed: another version, other settings or other work is another job.
    metadata: metadataOf(
      `${name}-${nameOfVersion(plan)}-${shortHash({ metadata, spec, run }).slice(0, 8)}`,
      component,
    ),
    spec: {
      backoffLimit: retries,
      activeDeadlineSeconds: timeLimitSeconds,
      ttlSecondsAfterFinished: keepSeconds,
      template: {
        ...(metadata === undefined ? {} : { metadata }),
        ...(spec === undefined ? {} : { spec: { ...spec, restartPolicy: 'Never' } }),
      },
    },
  };
}

/** `v4.7.4` as a part of a name in the cluster, which has small letters, digits and hyphens: `4-7-4`. */
function nameOfVersion({ release }: MastodonPlan): string {
  return release.version
    .toLowerCase()
    .replace(/^v/, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 24)
    .replace(/-$/, '');
}
