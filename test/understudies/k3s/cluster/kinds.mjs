import { refuse } from '../device.mjs';

/** The kinds that this cluster has, with the version under which they are given. */
const kinds = [
  { kind: 'Namespace', apiVersion: 'v1', plural: 'namespaces', short: 'ns', isGlobal: true },
  { kind: 'Node', apiVersion: 'v1', plural: 'nodes', short: 'no', isGlobal: true },
  { kind: 'ConfigMap', apiVersion: 'v1', plural: 'configmaps', short: 'cm' },
  { kind: 'Secret', apiVersion: 'v1', plural: 'secrets' },
  { kind: 'Service', apiVersion: 'v1', plural: 'services', short: 'svc' },
  { kind: 'Pod', apiVersion: 'v1', plural: 'pods', short: 'po' },
  { kind: 'NetworkPolicy', apiVersion: 'networking.k8s.io/v1', plural: 'networkpolicies', short: 'netpol' },
  { kind: 'Deployment', apiVersion: 'apps/v1', plural: 'deployments', short: 'deploy' },
  { kind: 'Job', apiVersion: 'batch/v1', plural: 'jobs' },
  { kind: 'CronJob', apiVersion: 'batch/v1', plural: 'cronjobs', short: 'cj' },
];

/** By its name in an object: `Deployment`. */
export const kindOf = (name) => kinds.find(({ kind }) => kind === name);

/** By its name in a command: `deployment`, `deployments`, `deploy`, `deployments.apps`. */
export function kindByWord(word) {
  const [name] = word.toLowerCase().split('.');
  const found = kinds.find(({ kind, plural, short }) => [kind.toLowerCase(), plural, short].includes(name));
  return found ?? refuse(`error: the server doesn't have a resource type "${word}"`);
}

/** `deployments.apps`, as errors name it. */
export function fullPlural({ plural, apiVersion }) {
  const [group, version] = apiVersion.split('/');
  return version === undefined ? plural : `${plural}.${group}`;
}

/** `deployment.apps`, as results name it. */
export function fullName({ kind, apiVersion }) {
  const [group, version] = apiVersion.split('/');
  return version === undefined ? kind.toLowerCase() : `${kind.toLowerCase()}.${group}`;
}
