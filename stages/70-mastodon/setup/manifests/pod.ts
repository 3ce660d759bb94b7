import type { IContainer } from 'kubernetes-models/v1/Container';
import type { IEnvVar } from 'kubernetes-models/v1/EnvVar';
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec';
import type { IPodTemplateSpec } from 'kubernetes-models/v1/PodTemplateSpec';
import type { IResourceRequirements } from 'kubernetes-models/v1/ResourceRequirements';
import type { IVolume } from 'kubernetes-models/v1/Volume';
import { railsSource, type SettingsSource, streamingSource } from './configuration.ts';
import type { Environment } from './environment.ts';
import { labelsOf, type Reach, reachLabel, settingsAnnotation } from './objects.ts';
import { localMediaFolder, type MastodonPlan, mastodonUser } from './plan.ts';
import { type MemoryShare, profileOf } from './profile.ts';

/** What one pod does; the rest is the same for all. */
export interface PodRequest {
  /** `web`, `streaming`, `sidekiq-NAME`, `job-NAME`; its last part is the name of the container. */
  readonly component: string;
  readonly reach: Reach;
  /** Program and arguments; the entrypoint of the image stays in front of them. */
  readonly args: readonly string[];
  readonly environment?: Environment;
  readonly memory: MemoryShare;
  /** Thousandths of a processor that are set aside. There is no limit: a slow start must not become a slower one. */
  readonly processorMillis: number;
  readonly probes?: Pick<IContainer, 'startupProbe' | 'livenessProbe' | 'readinessProbe'>;
  readonly ports?: IContainer['ports'];
  /** Time to end by itself. */
  readonly graceSeconds?: number;
  /** More folders of the device, below the ones that every pod of Rails has. */
  readonly folders?: readonly DeviceFolder[];
}

/** A folder of the device in a pod. */
export interface DeviceFolder {
  readonly name: string;
  readonly path: string;
  readonly mountPath: string;
  /** `Directory` must be there; `DirectoryOrCreate` is made, for root. */
  readonly type: 'Directory' | 'DirectoryOrCreate';
  readonly isReadOnly: boolean;
}

/** Name of the file in Rails' tmp/ that Sidekiq makes when it is ready; the image has the same, and the probe needs it. */
export const readyFile = 'sidekiq_process_has_started_and_will_begin_processing_jobs';

/** Rails' own temporary folder in the image. */
export const railsTmp = '/opt/mastodon/tmp';

/** Volumes as the init container sees them. */
const scratch = { tmp: '/scratch/tmp', rails: '/scratch/rails' } as const;

/**
 * Before a pod of Rails starts: makes the private folder for temporary files (TMPDIR), and copies what the image has in
 * Rails' tmp/. That is Ruby code compiled beforehand, some 100 MB: behind an empty volume each start would compile it
 * again, for minutes. After a power cut the volumes still hold what was there, also the sign of a Sidekiq long gone.
 */
const prepareScratch = [
  'umask 077',
  `mkdir -p ${scratch.tmp}/m`,
  `rm -f ${scratch.rails}/${readyFile}`,
  `cp -Ru ${railsTmp}/. ${scratch.rails}/`,
].join(' && ');

/** A pod of the web image: web, Sidekiq, a job. */
export function railsPod(plan: MastodonPlan, request: PodRequest): IPodTemplateSpec {
  const { job, compilesRuby } = profileOf(plan);
  const folders = [...mediaFolders(plan), ...(request.folders ?? [])];
  const init: IContainer = {
    ...containerBase(plan.release.web, { requestMebibytes: 32, limitMebibytes: job.limitMebibytes }, 50),
    name: 'scratch',
    command: ['/bin/sh', '-c', prepareScratch],
    volumeMounts: [
      { name: 'tmp', mountPath: scratch.tmp },
      { name: 'rails-tmp', mountPath: scratch.rails },
    ],
  };
  const main = mainContainer(plan.release.web, railsSource(plan), {
    ...request,
    environment: { ...(compilesRuby ? {} : { RUBY_YJIT_ENABLE: '0' }), ...request.environment },
  });
  return template(request, railsSource(plan), {
    initContainers: [init],
    containers: [
      {
        ...main,
        volumeMounts: [
          { name: 'tmp', mountPath: '/tmp' },
          { name: 'rails-tmp', mountPath: railsTmp },
          ...folders.map(({ name, mountPath, isReadOnly }) => ({ name, mountPath, readOnly: isReadOnly })),
        ],
      },
    ],
    volumes: [
      { name: 'tmp', emptyDir: { sizeLimit: '2Gi' } },
      { name: 'rails-tmp', emptyDir: { sizeLimit: '1Gi' } },
      ...folders.map(({ name, path, type }): IVolume => ({ name, hostPath: { path, type } })),
    ],
  });
}

/** The pod of streaming: an image of its own, which writes nothing. */
export function streamingPod(plan: MastodonPlan, request: PodRequest): IPodTemplateSpec {
  const source = streamingSource(plan);
  return template(request, source, { containers: [mainContainer(plan.release.streaming, source, request)] });
}

function mediaFolders({ media }: MastodonPlan): readonly DeviceFolder[] {
  if (media.where !== 'local') return [];
  const mountPath = '/opt/mastodon/public/system';
  // Not made when it is missing: the disk is away then, and the card must not fill up in its place.
  return [{ name: 'media', path: localMediaFolder, mountPath, type: 'Directory', isReadOnly: false }];
}

function mainContainer(
  image: string,
  { envFrom }: SettingsSource,
  { component, args, environment = {}, memory, processorMillis, probes = {}, ports }: PodRequest,
): IContainer {
  return {
    ...containerBase(image, memory, processorMillis),
    name: component.replace(/^.*?-/, ''),
    args: [...args],
    envFrom: [...envFrom],
    env: Object.entries(environment).map(([name, value]): IEnvVar => ({ name, value })),
    ...(ports === undefined ? {} : { ports }),
    ...probes,
  };
}

function containerBase(image: string, memory: MemoryShare, processorMillis: number) {
  return {
    image,
    imagePullPolicy: 'IfNotPresent' as const,
    resources: resourcesOf(memory, processorMillis),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
  };
}

function resourcesOf(
  { requestMebibytes, limitMebibytes }: MemoryShare,
  processorMillis: number,
): IResourceRequirements {
  return {
    requests: { cpu: `${processorMillis}m`, memory: `${requestMebibytes}Mi` },
    limits: { memory: `${limitMebibytes}Mi` },
  };
}

function template(
  { component, reach, graceSeconds = 30 }: PodRequest,
  { hash }: SettingsSource,
  own: Pick<IPodSpec, 'initContainers' | 'containers' | 'volumes'>,
): IPodTemplateSpec {
  return {
    metadata: {
      labels: { ...labelsOf(component), [reachLabel]: reach },
      annotations: { [settingsAnnotation]: hash },
    },
    spec: {
      ...own,
      // All data is on the device of the server, so nothing of Mastodon may go to another one.
      nodeSelector: { 'node-role.kubernetes.io/control-plane': 'true' },
      // And there is no better place to flee to when that device was away for a while.
      tolerations: [
        { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
        { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
      ],
      automountServiceAccountToken: false,
      // Otherwise each service of the namespace adds its variables to Mastodon's.
      enableServiceLinks: false,
      // Names of other servers are whole names: do not try them with the cluster's endings first.
      dnsConfig: { options: [{ name: 'ndots', value: '1' }] },
      terminationGracePeriodSeconds: graceSeconds,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: mastodonUser,
        runAsGroup: mastodonUser,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    },
  };
}
