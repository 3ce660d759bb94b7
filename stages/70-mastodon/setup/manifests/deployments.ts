import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IDeploymentStrategy } from 'kubernetes-models/apps/v1/DeploymentStrategy';
import type { IPodTemplateSpec } from 'kubernetes-models/v1/PodTemplateSpec';
import type { IProbe } from 'kubernetes-models/v1/Probe';
import { labelsOf, metadataOf } from './objects.ts';
import { clusterPort, type MastodonPlan } from './plan.ts';
import { railsPod, railsTmp, readyFile, streamingPod } from './pod.ts';
import { type Profile, profileOf, queueArguments, type SidekiqWorker } from './profile.ts';

/** Web, streaming and the Sidekiq processes of the plan's profile, one pod each; none while it is `isStopped`. */
export function deployments(plan: MastodonPlan, isStopped: boolean): readonly IDeployment[] {
  const profile = profileOf(plan);
  const replicas = isStopped ? 0 : 1;
  const strategy: IDeploymentStrategy = profile.hasRoomForTwo
    ? { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
    : { type: 'Recreate' };
  return [
    deployment('web', { replicas, strategy, template: webPod(plan, profile) }),
    deployment('streaming', { replicas, strategy, template: pushPod(plan, profile) }),
    ...profile.sidekiq.map((worker) =>
      // Never two of a kind at once, not even while one replaces the other: the scheduler would plan its work twice.
      deployment(`sidekiq-${worker.name}`, {
        replicas,
        strategy: { type: 'Recreate' },
        template: sidekiqPod(plan, worker),
      }),
    ),
  ];
}

function deployment(
  component: string,
  spec: {
    readonly replicas: number;
    readonly strategy: IDeploymentStrategy;
    readonly template: IPodTemplateSpec;
  },
): IDeployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadataOf(component, component),
    spec: {
      ...spec,
      selector: { matchLabels: { ...labelsOf(component) } },
      revisionHistoryLimit: 2,
      // Longer than the slowest start.
      progressDeadlineSeconds: 1_200,
    },
  };
}

function webPod(plan: MastodonPlan, { web }: Profile): IPodTemplateSpec {
  const health = { httpGet: { path: '/health', port: clusterPort.web } };
  return railsPod(plan, {
    component: 'web',
    reach: 'rails',
    args: ['bundle', 'exec', 'puma', '-C', 'config/puma.rb'],
    environment: {
      PORT: String(clusterPort.web),
      WEB_CONCURRENCY: String(web.workers),
      MAX_THREADS: String(web.threads),
      DB_POOL: String(web.threads),
    },
    memory: web.memory,
    processorMillis: 200,
    ports: [{ name: 'http', containerPort: clusterPort.web }],
    probes: {
      startupProbe: whileStarting(health),
      readinessProbe: { ...health, periodSeconds: 15, timeoutSeconds: 10, failureThreshold: 4 },
      // Whether the door is open at all: a page that takes long on a busy card is no reason to begin again.
      livenessProbe: patient({ tcpSocket: { port: clusterPort.web } }),
    },
    graceSeconds: 30,
  });
}

function pushPod(plan: MastodonPlan, { streaming }: Profile): IPodTemplateSpec {
  const health = { httpGet: { path: '/api/v1/streaming/health', port: clusterPort.streaming } };
  return streamingPod(plan, {
    component: 'streaming',
    reach: 'streaming',
    args: ['node', './streaming/index.js'],
    environment: {
      PORT: String(clusterPort.streaming),
      DB_POOL: String(streaming.connections),
      LOG_LEVEL: 'warn',
    },
    memory: streaming.memory,
    processorMillis: 50,
    ports: [{ name: 'http', containerPort: clusterPort.streaming }],
    probes: {
      startupProbe: whileStarting(health),
      readinessProbe: { ...health, periodSeconds: 15, timeoutSeconds: 10, failureThreshold: 4 },
      livenessProbe: patient(health),
    },
    graceSeconds: 15,
  });
}

/**
 * There is no liveness probe: a Sidekiq that ended takes its container along, and whether one still works shows only in
 * its heartbeat in Valkey, where the doctor looks.
 */
function sidekiqPod(plan: MastodonPlan, worker: SidekiqWorker): IPodTemplateSpec {
  const isReady = { exec: { command: ['test', '-e', `${railsTmp}/${readyFile}`] } };
  return railsPod(plan, {
    component: `sidekiq-${worker.name}`,
    reach: 'rails',
    args: ['bundle', 'exec', 'sidekiq', '-c', String(worker.concurrency), ...queueArguments(worker)],
    environment: { DB_POOL: String(worker.concurrency), MASTODON_SIDEKIQ_READY_FILENAME: readyFile },
    memory: worker.memory,
    processorMillis: 100,
    probes: {
      startupProbe: whileStarting(isReady),
      readinessProbe: { ...isReady, periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 4 },
    },
    // Sidekiq lets jobs in hand go on for 25 s and puts the others back into the queue.
    graceSeconds: 40,
  });
}

/** A cold start of Rails from a card takes up to two minutes, of seven at once more: ten minutes until it counts as failed. */
function whileStarting(probe: IProbe): IProbe {
  return { ...probe, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 120 };
}

/** Three minutes without an answer. */
function patient(probe: IProbe): IProbe {
  return { ...probe, periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 6 };
}
