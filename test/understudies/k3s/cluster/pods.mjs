import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { at, log } from '../device.mjs';
import { forgetContainer, signalContainer, startContainer, stateOf } from './container.mjs';
import { gateway, joinNetwork, leaveNetwork } from './network.mjs';
import { ask, note, probeState } from './probes.mjs';
import { imageRoot } from './rootfs.mjs';
import { now } from './store.mjs';

const runFolder = '/run/k3s/understudy';

/** Runs the pods of a node: each round looks at all of them and does the next thing. */
export function podRunner(store, data) {
  const probes = new Map();
  const busy = new Set();
  return {
    round: async () => {
      for (const pod of store.all('Pod')) {
        const { uid } = pod.metadata;
        if (busy.has(uid)) continue;
        busy.add(uid);
        // One that waits must not hold up the others.
        void step({ store, data, probes }, pod)
          .catch((error) => wait(store, pod, 'CreateContainerError', error.message))
          .finally(() => busy.delete(uid));
      }
    },
  };
}

async function step(kit, pod) {
  const { store } = kit;
  if (pod.metadata.deletionTimestamp !== undefined) return end(kit, pod);
  if (['Succeeded', 'Failed'].includes(pod.status.phase)) return undefined;
  pod.runtime ??= { at: 0, restarts: 0 };
  const { runtime } = pod;
  // After a restart of the device its network is gone, and a pod begins anew, with what its volumes still hold.
  if (runtime.address !== undefined && !existsSync(`/run/netns/${networkOf(pod)}`)) {
    Object.assign(runtime, { at: 0, address: undefined, started: undefined, restarts: runtime.restarts + 1 });
  }
  const container = containersOf(pod)[runtime.at];
  const folder = folderOf(pod, container);
  if (runtime.started !== container.name || !existsSync(folder)) return await start(kit, pod, container);
  const state = stateOf(folder);
  if (state.running) return await watch(kit, pod, container);
  kit.probes.delete(pod.metadata.uid);
  return over(store, pod, { container, exitCode: state.exitCode });
}

const containersOf = ({ spec }) => [...(spec.initContainers ?? []), ...spec.containers];
const folderOf = ({ metadata }, { name }) => `${runFolder}/${metadata.uid}/${name}`;
const cgroupOf = ({ metadata }, { name }) => `${metadata.uid}-${name}`;
const logsOf = ({ metadata: { namespace, name, uid } }) => at(`/var/log/pods/${namespace}_${name}_${uid}`);
const networkOf = ({ metadata }) => `cni-${metadata.uid.replaceAll('-', '').slice(0, 12)}`;

/** It waits for something; said once. */
function wait(store, pod, reason, message) {
  const before = pod.status.containerStatuses?.[0]?.state?.waiting;
  if (before?.reason === reason && before.message === message) return;
  log(`pod ${pod.metadata.name}: ${reason}: ${message}`);
  setStatus(store, pod, { state: { waiting: { reason, message } }, isReady: false });
}

function setStatus(store, pod, { phase = 'Pending', state, isReady }) {
  const { name, image } = pod.spec.containers[0];
  const { address, restarts = 0, lastState = {} } = pod.runtime ?? {};
  pod.status = {
    phase,
    ...(address === undefined ? {} : { podIP: address }),
    hostIP: gateway,
    startTime: pod.status.startTime ?? now(),
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False', lastTransitionTime: now() }],
    containerStatuses: [
      {
        name,
        image,
        ready: isReady,
        started: state.running !== undefined,
        restartCount: restarts,
        state,
        lastState,
      },
    ],
  };
  store.touch();
}

async function start(kit, pod, container) {
  const { store, data } = kit;
  const { runtime } = pod;
  if (runtime.notBefore > Date.now()) return;
  const image = await imageRoot(data, container.image);
  if (image === undefined)
    return wait(store, pod, 'ErrImagePull', `${container.image} was not imported, and nothing is fetched`);
  const missing = missingSource(store, pod, container) ?? missingFolder(pod);
  if (missing !== undefined) return wait(store, pod, 'CreateContainerConfigError', missing);
  const network = networkOf(pod);
  if (runtime.address === undefined || !existsSync(`/run/netns/${network}`)) {
    runtime.address = freeAddress(store);
    joinNetwork(network, runtime.address);
  }
  const logFolder = `${logsOf(pod)}/${container.name}`;
  mkdirSync(logFolder, { recursive: true, mode: 0o700 });
  runtime.logFile = `${logFolder}/${runtime.restarts}.log`;
  startContainer({
    root: image.root,
    folder: folderOf(pod, container),
    network,
    hostname: pod.metadata.name,
    mounts: mountsOf(pod, container, data),
    env: { ...imageEnvironment(image.config), ...environmentOf(store, pod, container) },
    command: [
      ...(container.command ?? image.config.Entrypoint ?? []),
      ...(container.args ?? (container.command ? [] : (image.config.Cmd ?? []))),
    ],
    workingDir: container.workingDir ?? image.config.WorkingDir ?? '/',
    ...userOf(pod),
    logFile: runtime.logFile,
    memoryBytes: bytesOf(container.resources.limits.memory),
    cgroup: cgroupOf(pod, container),
  });
  Object.assign(runtime, { started: container.name, startedAt: Date.now() });
  setStatus(store, pod, {
    phase: isMain(pod, container) ? 'Running' : 'Pending',
    state: { running: { startedAt: now() } },
    isReady: isMain(pod, container) && !hasProbe(container),
  });
}

const isMain = ({ spec }, container) => spec.containers[0] === container;
const hasProbe = ({ readinessProbe, startupProbe }) => (readinessProbe ?? startupProbe) !== undefined;
const userOf = ({ spec: { securityContext } }) => ({
  uid: securityContext.runAsUser,
  gid: securityContext.runAsGroup ?? 0,
});

function imageEnvironment({ Env = [] }) {
  return Object.fromEntries(Env.map((one) => one.split(/=(.*)/s).slice(0, 2)));
}

/** As the kubelet: the later counts, and what a pod gets of the cluster's own door. */
function environmentOf(store, pod, { envFrom = [], env = [] }) {
  const { namespace, name } = pod.metadata;
  const values = {
    HOSTNAME: name,
    KUBERNETES_SERVICE_HOST: '10.43.0.1',
    KUBERNETES_SERVICE_PORT: '443',
    KUBERNETES_PORT: 'tcp://10.43.0.1:443',
  };
  if (pod.spec.enableServiceLinks !== false)
    for (const service of store.all('Service', namespace)) Object.assign(values, linksTo(service));
  for (const { configMapRef, secretRef, prefix = '' } of envFrom) {
    const object = store.get(
      configMapRef ? 'ConfigMap' : 'Secret',
      namespace,
      (configMapRef ?? secretRef).name,
    );
    for (const [key, value] of Object.entries(dataOf(object))) values[`${prefix}${key}`] = value;
  }
  for (const { name: key, value, valueFrom } of env)
    values[key] = valueFrom === undefined ? (value ?? '') : referredValue(store, namespace, valueFrom);
  return values;
}

function linksTo({ metadata, spec }) {
  const name = metadata.name.toUpperCase().replaceAll('-', '_');
  const [{ port }] = spec.ports;
  return {
    [`${name}_SERVICE_HOST`]: spec.clusterIP,
    [`${name}_SERVICE_PORT`]: String(port),
    [`${name}_PORT`]: `tcp://${spec.clusterIP}:${port}`,
  };
}

function dataOf(object) {
  const decoded = Object.entries(object?.data ?? {}).map(([key, value]) => [
    key,
    object.kind === 'Secret' ? Buffer.from(value, 'base64').toString() : value,
  ]);
  return { ...Object.fromEntries(decoded), ...object?.stringData };
}

function referredValue(store, namespace, { configMapKeyRef, secretKeyRef }) {
  const { name, key } = configMapKeyRef ?? secretKeyRef;
  return dataOf(store.get(configMapKeyRef ? 'ConfigMap' : 'Secret', namespace, name))[key] ?? '';
}

function missingSource(store, { metadata }, { envFrom = [], env = [] }) {
  const refs = [
    ...envFrom.map(({ configMapRef, secretRef }) =>
      configMapRef ? ['ConfigMap', configMapRef] : ['Secret', secretRef],
    ),
    ...env.flatMap(({ valueFrom }) => {
      if (valueFrom === undefined) return [];
      return valueFrom.configMapKeyRef
        ? [['ConfigMap', valueFrom.configMapKeyRef]]
        : [['Secret', valueFrom.secretKeyRef]];
    }),
  ];
  const lost = refs.find(
    ([kind, { name, optional }]) => optional !== true && !store.has(kind, metadata.namespace, name),
  );
  return lost === undefined ? undefined : `${lost[0].toLowerCase()} "${lost[1].name}" not found`;
}

function missingFolder({ spec }) {
  for (const { hostPath } of spec.volumes ?? []) {
    if (hostPath === undefined) continue;
    if (hostPath.type === 'DirectoryOrCreate') mkdirSync(at(hostPath.path), { recursive: true, mode: 0o755 });
    else if (!statSync(at(hostPath.path), { throwIfNoEntry: false })?.isDirectory())
      return `hostPath type check failed: ${hostPath.path} is not a directory`;
  }
  return undefined;
}

function mountsOf({ spec, metadata }, { volumeMounts = [] }, data) {
  return volumeMounts.map(({ name, mountPath, readOnly = false, subPath }) => {
    const { hostPath } = spec.volumes.find((one) => one.name === name);
    const own = at(`${data}/agent/kubelet/pods/${metadata.uid}/volumes/${name}`);
    if (hostPath === undefined && !existsSync(own)) {
      // Where everybody may write: what an emptyDir is.
      mkdirSync(own, { recursive: true });
      chmodAll(own);
    }
    const source = hostPath === undefined ? own : at(hostPath.path);
    return {
      source: subPath === undefined ? source : `${source}/${subPath}`,
      target: mountPath,
      isReadOnly: readOnly,
    };
  });
}

function chmodAll(folder) {
  const before = process.umask(0);
  rmSync(folder, { recursive: true });
  mkdirSync(folder, { mode: 0o777 });
  process.umask(before);
}

function bytesOf(text) {
  const [, number, unit] = /^(\d+)(Ki|Mi|Gi)?$/.exec(text) ?? [];
  return Number(number) * { Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, undefined: 1 }[unit];
}

function freeAddress(store) {
  const used = new Set(store.all('Pod').map(({ runtime }) => runtime?.address));
  for (let last = 10; last < 250; last++) if (!used.has(`10.42.0.${last}`)) return `10.42.0.${last}`;
  throw new Error('no address is free');
}

/** Asks the probes that are due: first the start, then the others. */
async function watch({ store, probes }, pod, container) {
  if (!isMain(pod, container)) return;
  const { uid } = pod.metadata;
  const states = probes.get(uid) ?? {};
  probes.set(uid, states);
  const place = { address: pod.runtime.address, folder: folderOf(pod, container), user: userOf(pod) };
  const answer = async (kind) => {
    const probe = container[kind];
    if (probe === undefined) return true;
    states[kind] ??= probeState(probe, Date.now());
    if (states[kind].dueMs > Date.now()) return undefined;
    return note(probe, states[kind], await ask(probe, place), Date.now());
  };
  if (!states.isStarted) {
    const isStarted = await answer('startupProbe');
    if (isStarted === false) return kill(pod, container, 'startup probe failed');
    if (isStarted === undefined) return;
    states.isStarted = true;
    if (container.readinessProbe !== undefined)
      states.readinessProbe = probeState(container.readinessProbe, 0);
  }
  if ((await answer('livenessProbe')) === false) return kill(pod, container, 'liveness probe failed');
  const isReady = await answer('readinessProbe');
  const before = pod.status.containerStatuses?.[0]?.ready === true;
  if (isReady !== undefined && isReady !== before)
    setStatus(store, pod, { phase: 'Running', state: { running: { startedAt: now() } }, isReady });
}

function kill(pod, container, why) {
  log(`pod ${pod.metadata.name}: ${why}`);
  signalContainer(folderOf(pod, container), 'SIGTERM');
  setTimeout(() => signalContainer(folderOf(pod, container), 'SIGKILL'), 5_000).unref();
}

/** A container ended: the next one begins, the pod is over, or it is started again. */
function over(store, pod, { container, exitCode }) {
  const { runtime } = pod;
  const policy = pod.spec.restartPolicy ?? 'Always';
  const terminated = {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : exitCode === 137 ? 'OOMKilled' : 'Error',
    finishedAt: now(),
  };
  runtime.endedAt = Date.now();
  delete runtime.started;
  if (exitCode === 0 && !isMain(pod, container)) {
    runtime.at += 1;
    store.touch();
    return;
  }
  if (exitCode !== 0) log(`pod ${pod.metadata.name}: ${container.name} ended with ${exitCode}`);
  const isDone = policy === 'Never' || (policy === 'OnFailure' && exitCode === 0);
  if (isDone) {
    leaveNetwork(networkOf(pod));
    setStatus(store, pod, {
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      state: { terminated },
      isReady: false,
    });
    return;
  }
  runtime.restarts += 1;
  runtime.lastState = { terminated };
  runtime.notBefore = Date.now() + Math.min(300_000, 1_000 * 2 ** Math.min(8, runtime.restarts));
  setStatus(store, pod, {
    phase: isMain(pod, container) ? 'Running' : 'Pending',
    state: { waiting: { reason: 'CrashLoopBackOff', message: `ended with ${exitCode}` } },
    isReady: false,
  });
}

/** Asks it to end, ends it after its time, and clears away what it had. */
function end({ store, data, probes }, pod) {
  const { metadata, spec } = pod;
  const folders = containersOf(pod)
    .map((one) => folderOf(pod, one))
    .filter((folder) => existsSync(folder));
  const running = folders.filter((folder) => stateOf(folder).running);
  const ageMs = Date.now() - Date.parse(metadata.deletionTimestamp);
  if (running.length > 0) {
    const isOver = ageMs > (spec.terminationGracePeriodSeconds ?? 30) * 1_000;
    // Asked once: a second signal would end some programs before they have cleaned up.
    const signal = isOver ? 'SIGKILL' : 'SIGTERM';
    if (pod.runtime.asked === signal) return;
    pod.runtime.asked = signal;
    for (const folder of running) signalContainer(folder, signal);
    return;
  }
  probes.delete(metadata.uid);
  leaveNetwork(networkOf(pod));
  for (const one of containersOf(pod)) forgetContainer(cgroupOf(pod, one));
  // Its logs go with it, as with the kubelet.
  for (const folder of [
    logsOf(pod),
    `${runFolder}/${metadata.uid}`,
    at(`${data}/agent/kubelet/pods/${metadata.uid}`),
  ])
    rmSync(folder, { recursive: true, force: true });
  store.remove(pod);
}
