import { isIPv4 } from 'node:net';
import { kindOf } from './kinds.mjs';

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const isText = (value) => typeof value === 'string';

/** What the API would refuse in an object, or what would never work. */
export function problemsOf(object, store) {
  const found = kindOf(object?.kind);
  if (found === undefined || ['Pod', 'Node'].includes(found.kind))
    return [`no matches for kind "${object?.kind}"`];
  if (object.apiVersion !== found.apiVersion)
    return [`${object.kind} is not in version ${object.apiVersion}`];
  const { name, namespace } = object.metadata ?? {};
  if (!isText(name) || !subdomain.test(name))
    return [`metadata.name: Invalid value: ${JSON.stringify(name)}`];
  if (found.isGlobal !== true && !store.has('Namespace', undefined, namespace))
    return [`namespaces "${namespace}" not found`];
  return [...labelProblems(object.metadata), ...(checks[object.kind]?.(object, store) ?? [])];
}

function labelProblems({ labels = {}, annotations = {} }) {
  const value = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
  return [
    ...Object.entries(labels)
      .filter(([, one]) => !isText(one) || one.length > 63 || !value.test(one))
      .map(([key, one]) => `metadata.labels: Invalid value: ${key}=${one}`),
    ...Object.entries(annotations)
      .filter(([, one]) => !isText(one))
      .map(([key]) => `metadata.annotations.${key}: not a text`),
  ];
}

const checks = {
  ConfigMap: ({ data = {} }) =>
    Object.entries(data)
      .filter(([, value]) => !isText(value))
      .map(([key]) => `data.${key}: not a text`),
  Secret: ({ data = {}, stringData = {} }) => [
    ...Object.entries(data)
      .filter(([, value]) => !isText(value) || Buffer.from(value, 'base64').toString('base64') !== value)
      .map(([key]) => `data.${key}: illegal base64 data`),
    ...Object.entries(stringData)
      .filter(([, value]) => !isText(value))
      .map(([key]) => `stringData.${key}: not a text`),
  ],
  Service: serviceProblems,
  NetworkPolicy: policyProblems,
  Deployment: (object) => [
    ...selectorProblems(object),
    ...strategyProblems(object),
    ...podProblems(object.spec?.template, 'Always'),
  ],
  Job: (object) => jobProblems(object),
  CronJob: ({ spec = {} }) => [
    ...(isText(spec.schedule) && spec.schedule.split(' ').length === 5
      ? []
      : ['spec.schedule: Invalid value']),
    ...(spec.concurrencyPolicy === 'Forbid' ? [] : ['spec.concurrencyPolicy: two of them could run at once']),
    ...jobProblems({ spec: spec.jobTemplate?.spec }),
  ],
};

function serviceProblems({ metadata, spec = {} }, store) {
  const other = store
    .all('Service')
    .find((one) => one.spec.clusterIP === spec.clusterIP && one.metadata.name !== metadata.name);
  const before = store.get('Service', metadata.namespace, metadata.name);
  return [
    ...(label.test(metadata.name) ? [] : ['metadata.name: Invalid value']),
    ...(isIPv4(spec.clusterIP ?? '') && spec.clusterIP.startsWith('10.43.')
      ? []
      : ['spec.clusterIP: not in 10.43.0.0/16']),
    ...(other === undefined
      ? []
      : [`spec.clusterIP: provided IP is already allocated: ${other.metadata.name}`]),
    ...(before === undefined || before.spec.clusterIP === spec.clusterIP
      ? []
      : ['spec.clusterIP: field is immutable']),
    ...((spec.ports ?? []).length > 0 ? [] : ['spec.ports: Required value']),
    ...(Object.keys(spec.selector ?? {}).length > 0 ? [] : ['spec.selector: it selects nothing']),
  ];
}

function policyProblems({ spec = {} }) {
  const types = spec.policyTypes ?? [];
  const blocks = [...(spec.ingress ?? []), ...(spec.egress ?? [])]
    .flatMap(({ from = [], to = [] }) => [...from, ...to])
    .flatMap(({ ipBlock }) => ipBlock ?? []);
  const cidr = /^(\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/;
  return [
    ...(spec.podSelector === undefined ? ['spec.podSelector: Required value'] : []),
    ...(types.length > 0 && types.every((one) => ['Ingress', 'Egress'].includes(one))
      ? []
      : ['spec.policyTypes: Unsupported value']),
    ...blocks
      .flatMap((block) => [block.cidr, ...(block.except ?? [])])
      .filter((one) => !cidr.test(one))
      .map((one) => `ipBlock: Invalid value: ${one}`),
  ];
}

function selectorProblems({ spec = {} }) {
  const { matchLabels = {} } = spec.selector ?? {};
  const labels = spec.template?.metadata?.labels ?? {};
  const isGood =
    Object.keys(matchLabels).length > 0 &&
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return isGood ? [] : ['spec.template.metadata.labels: `selector` does not match template `labels`'];
}

function strategyProblems({ spec = {} }) {
  const { type = 'RollingUpdate', rollingUpdate } = spec.strategy ?? {};
  if (!['Recreate', 'RollingUpdate'].includes(type))
    return [`spec.strategy.type: Unsupported value: ${type}`];
  return type === 'Recreate' && rollingUpdate !== undefined ? ['spec.strategy.rollingUpdate: Forbidden'] : [];
}

function jobProblems({ spec = {} }) {
  return podProblems(spec.template, 'Never', 'OnFailure');
}

function podProblems(template, ...policies) {
  const spec = template?.spec ?? {};
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const volumes = (spec.volumes ?? []).map(({ name }) => name);
  return [
    ...((spec.containers ?? []).length === 1 ? [] : ['spec.containers: this understudy runs exactly one']),
    ...(policies.includes(spec.restartPolicy ?? 'Always')
      ? []
      : [`spec.restartPolicy: Unsupported value: ${spec.restartPolicy}`]),
    ...(new Set(volumes).size === volumes.length ? [] : ['spec.volumes: Duplicate value']),
    ...(spec.volumes ?? [])
      .filter((one) => one.emptyDir === undefined && one.hostPath === undefined)
      .map(({ name }) => `spec.volumes ${name}: neither emptyDir nor hostPath`),
    ...(spec.securityContext?.runAsNonRoot === true && spec.securityContext.runAsUser > 0
      ? []
      : ['spec.securityContext: it runs as root']),
    ...containers.flatMap((one) => containerProblems(one, volumes)),
  ];
}

function containerProblems(
  { name, image, env = [], volumeMounts = [], securityContext = {}, imagePullPolicy, resources },
  volumes,
) {
  const problem = (text) => `spec.containers ${name}: ${text}`;
  return [
    ...(label.test(name ?? '') ? [] : [problem('Invalid value: name')]),
    ...(/^[a-z0-9.-]+(:\d+)?\/[a-z0-9._/-]+:[\w.-]+$/.test(image ?? '') ? [] : [problem(`image ${image}`)]),
    ...(imagePullPolicy === 'IfNotPresent' ? [] : [problem('imagePullPolicy: it would be pulled')]),
    ...env
      .filter((one) => !isText(one.name) || (one.value !== undefined && !isText(one.value)))
      .map((one) => problem(`env ${one.name} is no text`)),
    ...volumeMounts
      .filter((one) => !volumes.includes(one.name))
      .map((one) => problem(`volumeMounts: Not found: "${one.name}"`)),
    ...(securityContext.readOnlyRootFilesystem === true
      ? []
      : [problem('its root file system can be written to')]),
    ...(securityContext.allowPrivilegeEscalation === false ? [] : [problem('it may become root')]),
    ...(resources?.limits?.memory === undefined ? [problem('it has no memory limit')] : []),
  ];
}
