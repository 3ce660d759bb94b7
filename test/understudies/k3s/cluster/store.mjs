import { createHash, randomUUID } from 'node:crypto';
import { renameSync } from 'node:fs';
import { at, keep, read } from '../device.mjs';

/** All objects of the cluster, kept on disk at each change. */
export function openStore(data, node) {
  const file = `${data}/server/understudy-objects.json`;
  const objects = new Map(JSON.parse(read(file) ?? '[]'));
  const keyOf = (kind, namespace, name) => `${kind}/${namespace ?? ''}/${name}`;
  let version = Math.max(0, ...[...objects.values()].map((one) => Number(one.metadata.resourceVersion)));

  const save = () => {
    keep(`${file}.new`, JSON.stringify([...objects]), 0o600);
    renameSync(at(`${file}.new`), at(file));
  };
  const store = {
    get: (kind, namespace, name) => objects.get(keyOf(kind, namespace, name)),
    has: (kind, namespace, name) => objects.has(keyOf(kind, namespace, name)),
    all: (kind, namespace) =>
      [...objects.values()].filter(
        (one) => one.kind === kind && (namespace === undefined || one.metadata.namespace === namespace),
      ),
    ownedBy: (owner, kind) =>
      store
        .all(kind, owner.metadata.namespace)
        .filter((one) => one.metadata.ownerReferences?.[0]?.uid === owner.metadata.uid),
    /** Puts an object there as it is, and notes what only the cluster knows. */
    put: (object) => {
      const key = keyOf(object.kind, object.metadata.namespace, object.metadata.name);
      const before = objects.get(key);
      const isNewSpec = before !== undefined && hashOf(before.spec) !== hashOf(object.spec);
      const generation = (before?.metadata.generation ?? 1) + (isNewSpec ? 1 : 0);
      const { uid = randomUUID(), creationTimestamp = now() } = before?.metadata ?? {};
      version += 1;
      object.metadata = {
        ...object.metadata,
        uid,
        creationTimestamp,
        generation,
        resourceVersion: String(version),
      };
      objects.set(key, object);
      save();
      return object;
    },
    /** Something of its status changed. */
    touch: () => save(),
    remove: (object) => {
      objects.delete(keyOf(object.kind, object.metadata.namespace, object.metadata.name));
      save();
    },
  };
  for (const name of ['default', 'kube-system'])
    if (!store.has('Namespace', undefined, name))
      store.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: {} } });
  if (!store.has('Node', undefined, node)) store.put(nodeObject(node));
  return store;
}

export const now = () => new Date().toISOString().replace(/\.\d+/, '');

export function hashOf(value) {
  return createHash('sha256')
    .update(JSON.stringify(value) ?? '')
    .digest('hex')
    .slice(0, 10);
}

/** True if the labels are all there. */
export function matches(labels = {}, wanted = {}) {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

function nodeObject(name) {
  const labels = { 'kubernetes.io/hostname': name, 'node-role.kubernetes.io/control-plane': 'true' };
  const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }];
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec: {}, status: { conditions } };
}
