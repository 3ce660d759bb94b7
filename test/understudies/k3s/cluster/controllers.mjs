import { hashOf, matches, now } from './store.mjs';

const retryMs = 3_000;

/** One round: what there should be of pods, and what is said of deployments and jobs. */
export function reconcileWorkloads(store) {
  for (const space of store.all('Namespace'))
    if (space.metadata.deletionTimestamp !== undefined) emptyNamespace(store, space);
  for (const deployment of store.all('Deployment')) reconcileDeployment(store, deployment);
  for (const job of store.all('Job')) reconcileJob(store, job);
  for (const kind of ['CronJob', 'Service', 'ConfigMap', 'Secret', 'NetworkPolicy'])
    for (const object of store.all(kind))
      if (object.metadata.deletionTimestamp !== undefined) removeWith(store, object);
}

/** Gone when all that it owns is. */
function removeWith(store, object) {
  const owned = [...store.ownedBy(object, 'Job'), ...store.ownedBy(object, 'Pod')];
  for (const one of owned) markDeleted(store, one);
  if (owned.length === 0) store.remove(object);
}

function emptyNamespace(store, space) {
  const kinds = ['Deployment', 'CronJob', 'Job', 'Pod', 'Service', 'NetworkPolicy', 'ConfigMap', 'Secret'];
  const inside = kinds.flatMap((kind) => store.all(kind, space.metadata.name));
  for (const one of inside) markDeleted(store, one);
  if (inside.length === 0) store.remove(space);
}

export function markDeleted(store, object) {
  if (object.metadata.deletionTimestamp !== undefined) return;
  object.metadata.deletionTimestamp = now();
  store.touch();
}

function reconcileDeployment(store, deployment) {
  if (deployment.metadata.deletionTimestamp !== undefined) return removeWith(store, deployment);
  const { spec } = deployment;
  const wanted = spec.replicas ?? 1;
  const hash = hashOf(spec.template);
  const pods = store.ownedBy(deployment, 'Pod');
  const [current, old] = [
    pods.filter((one) => one.metadata.labels['pod-template-hash'] === hash),
    pods.filter((one) => one.metadata.labels['pod-template-hash'] !== hash),
  ];
  const ready = current.filter(isReady);
  const isRecreate = spec.strategy?.type === 'Recreate';
  const living = current.filter((one) => one.metadata.deletionTimestamp === undefined);
  for (const one of living.slice(wanted)) markDeleted(store, one);
  if (isRecreate || ready.length >= wanted) for (const one of old) markDeleted(store, one);
  const mayStart = !isRecreate || old.length === 0;
  for (let left = wanted - living.length; left > 0 && mayStart; left--)
    startPod(store, deployment, { hash, template: spec.template });
  return report(store, deployment, {
    observedGeneration: deployment.metadata.generation,
    replicas: pods.length,
    updatedReplicas: current.length,
    readyReplicas: pods.filter(isReady).length,
    availableReplicas: pods.filter(isReady).length,
    unavailableReplicas: Math.max(0, wanted - ready.length),
    conditions: [{ type: 'Available', status: ready.length >= wanted ? 'True' : 'False' }],
  });
}

/** As the API: what is nought is left out. */
function report(store, object, status) {
  const next = Object.fromEntries(
    Object.entries(status).filter(([, value]) => value !== 0 && value !== undefined),
  );
  if (JSON.stringify(object.status) === JSON.stringify(next)) return;
  object.status = next;
  store.touch();
}

const isReady = ({ status = {}, metadata }) =>
  metadata.deletionTimestamp === undefined &&
  (status.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True');

function startPod(store, owner, { hash, template }) {
  const { name, namespace, uid } = owner.metadata;
  const end = Math.random().toString(36).slice(2, 7).padEnd(5, 'x');
  const labels = {
    ...template.metadata?.labels,
    ...(hash === undefined ? { 'job-name': name } : { 'pod-template-hash': hash }),
  };
  const ownerReferences = [{ apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true }];
  const podName = hash === undefined ? `${name.slice(0, 57)}-${end}` : `${name}-${hash}-${end}`;
  const metadata = {
    name: podName,
    namespace,
    labels,
    annotations: template.metadata?.annotations,
    ownerReferences,
  };
  return store.put({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    spec: structuredClone(template.spec),
    status: { phase: 'Pending' },
  });
}

function reconcileJob(store, job) {
  if (job.metadata.deletionTimestamp !== undefined) return removeWith(store, job);
  const isOver = (job.status?.conditions ?? []).some(({ status: is }) => is === 'True');
  if (isOver) return expire(store, job);
  return job.spec.suspend === true ? undefined : runJob(store, job);
}

function runJob(store, job) {
  const { spec, status = {} } = job;
  const pods = store.ownedBy(job, 'Pod');
  const startTime = status.startTime ?? now();
  const ended = (phase) => pods.filter((one) => one.status.phase === phase);
  const [failed, done] = [ended('Failed'), ended('Succeeded')];
  const active = pods.length - failed.length - done.length;
  const base = { startTime, active, failed: failed.length, succeeded: done.length };
  const isLate =
    Date.now() - Date.parse(startTime) > (spec.activeDeadlineSeconds ?? Number.POSITIVE_INFINITY) * 1_000;
  if (done.length > 0)
    return report(store, job, {
      ...base,
      completionTime: now(),
      conditions: [condition('Complete', 'CompletionsReached')],
    });
  if (isLate || failed.length > (spec.backoffLimit ?? 6)) {
    for (const one of pods.filter(({ status: { phase } }) => !['Failed', 'Succeeded'].includes(phase)))
      markDeleted(store, one);
    return report(store, job, {
      ...base,
      active: 0,
      conditions: [condition('Failed', isLate ? 'DeadlineExceeded' : 'BackoffLimitExceeded')],
    });
  }
  const last = Math.max(0, ...failed.map(({ runtime }) => runtime?.endedAt ?? 0));
  if (active === 0 && Date.now() - last > retryMs) startPod(store, job, { template: spec.template });
  return report(store, job, base);
}

const condition = (type, reason) => ({ type, status: 'True', reason, lastTransitionTime: now() });

function expire(store, job) {
  const { ttlSecondsAfterFinished: seconds } = job.spec;
  const ended = Date.parse(job.status.conditions[0].lastTransitionTime);
  if (seconds !== undefined && Date.now() - ended > seconds * 1_000) markDeleted(store, job);
}

/** Pods of a service that are ready, by their addresses. */
export function endpoints(store, service) {
  const pods = store
    .all('Pod', service.metadata.namespace)
    .filter((one) => matches(one.metadata.labels, service.spec.selector));
  return pods.filter(isReady).map(({ status }) => status.podIP);
}
