import type { INamespace } from 'kubernetes-models/v1/Namespace';
import { cleanUps } from './clean-up.ts';
import { configurationObjects } from './configuration.ts';
import { deployments } from './deployments.ts';
import { networkPolicies, services } from './network.ts';
import { labelsOf, type ManifestObject } from './objects.ts';
import { type MastodonPlan, namespace } from './plan.ts';

/** Mastodon in the cluster, in the order in which it is put there. */
export interface Manifests {
  /** Namespace, settings, services, network policies: what jobs need too. */
  readonly foundation: readonly ManifestObject[];
  /** What works on a database that is ready: deployments and clean-ups. */
  readonly workloads: readonly ManifestObject[];
}

/**
 * All objects of Mastodon but its jobs. Stopped, no pod runs and no clean-up starts by itself (upgrade, restore). Throws if
 * a queue had no listener.
 */
export function renderManifests(
  plan: MastodonPlan,
  { isStopped = false }: { readonly isStopped?: boolean } = {},
): Manifests {
  return {
    foundation: [namespaceObject(), ...configurationObjects(plan), ...services(), ...networkPolicies(plan)],
    workloads: [...deployments(plan, isStopped), ...cleanUps(plan, isStopped)],
  };
}

function namespaceObject(): INamespace {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: labelsOf() } };
}
