import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { ICronJob } from 'kubernetes-models/batch/v1/CronJob';
import type { IJob } from 'kubernetes-models/batch/v1/Job';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { INamespace } from 'kubernetes-models/v1/Namespace';
import type { ISecret } from 'kubernetes-models/v1/Secret';
import type { IService } from 'kubernetes-models/v1/Service';
import { namespace } from './plan.ts';

/** Every kind of object that Mastodon is made of. */
export type ManifestObject =
  | INamespace
  | IConfigMap
  | ISecret
  | IService
  | INetworkPolicy
  | IDeployment
  | ICronJob
  | IJob;

/** What a pod may reach: `database` is PostgreSQL itself, past PgBouncer. The network policies select by it. */
export type Reach = 'streaming' | 'rails' | 'database';

export type Labels = Readonly<Record<string, string>>;

const general = {
  'app.kubernetes.io/part-of': 'mastodon',
  'app.kubernetes.io/managed-by': 'hearth',
} as const;

/** Label by which the network policies find the pods. */
export const reachLabel = 'hearth/reach';

/** Annotation of pods with the hash of their settings: a change of the settings makes new pods. */
export const settingsAnnotation = 'hearth/settings';

/** Labels of an object; `component` is `web`, `streaming`, `sidekiq-NAME` or `job-NAME`. */
export function labelsOf(component?: string): Labels {
  return component === undefined ? general : { ...general, 'app.kubernetes.io/component': component };
}

/** Name, namespace and labels of an object in Mastodon's namespace. */
export function metadataOf(name: string, component?: string) {
  return { name, namespace, labels: labelsOf(component) };
}

/** One JSON list of the objects, as `kubectl apply -f -` takes it. It may have secrets in it. */
export function manifestList(objects: readonly ManifestObject[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
}
