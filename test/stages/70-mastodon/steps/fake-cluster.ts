import type { RunResult } from '../../../../stages/90-first-boot/agent/device/door.ts';
import type { FakeDevice, FakeProgram } from '../../20-system-setup/fake-device.ts';

interface Thing {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Record<string, string> };
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: { readonly spec?: { readonly containers: readonly Container[] } };
    readonly jobTemplate?: { readonly spec: NonNullable<Thing['spec']> };
  };
}

interface Container {
  readonly image?: string;
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

/** What a job does: its arguments and own variables; gives its log, or throws one for a failure. */
export type JobWork = (args: readonly string[], env: Readonly<Record<string, string>>) => string;

/** k3s in memory: it knows only the forms of kubectl that the stage may use. */
export interface FakeCluster {
  readonly objects: Map<string, Thing>;
  /** Arguments of each job that ran. */
  readonly jobs: (readonly string[])[];
  /** Own variables of each job that ran. */
  readonly environments: Readonly<Record<string, string>>[];
  readonly images: Set<string>;
  /** Names with digests that the registry has. */
  fetchable: ReadonlySet<string>;
  /** Pods of such an image are never ready. */
  isBroken: (image: string) => boolean;
  /** Pods that are told when somebody asks for them. */
  pods: readonly object[];
  /** Somebody asks for the pods. */
  onPods: () => void;
  work: JobWork;
  /** How often the server refuses the connection before it answers again. */
  awayFor: number;
  /** Deployments are never ready. */
  isStuck: boolean;
  readonly names: (kind: string) => readonly string[];
}

const plural: Readonly<Record<string, string>> = { networkpolicy: 'NetworkPolicy', configmap: 'ConfigMap' };
const kindOf = (word: string) => plural[word] ?? `${word[0]?.toUpperCase()}${word.slice(1)}`;

/** Puts a cluster on a device. */
export function fakeCluster(device: FakeDevice): FakeCluster {
  const objects = new Map<string, Thing>();
  const ends = new Map<string, { readonly isDone: boolean; readonly log: string }>();
  const cluster: FakeCluster = {
    objects,
    jobs: [],
    environments: [],
    images: new Set(),
    fetchable: new Set(),
    isBroken: () => false,
    pods: [],
    onPods: () => {},
    work: () => '',
    awayFor: 0,
    isStuck: false,
    names: (kind) =>
      [...objects.values()]
        .filter((one) => one.kind === kind)
        .map(({ metadata }) => metadata.name)
        .sort(),
  };
  const put = (thing: Thing) => {
    const key = `${thing.kind}/${thing.metadata.name}`;
    const isNew = !objects.has(key);
    objects.set(key, thing);
    if (thing.kind !== 'Job' || !isNew) return;
    const [container] = thing.spec?.template?.spec?.containers ?? [];
    const env = Object.fromEntries((container?.env ?? []).map(({ name, value = '' }) => [name, value]));
    cluster.jobs.push(container?.args ?? []);
    cluster.environments.push(env);
    try {
      ends.set(thing.metadata.name, { isDone: true, log: cluster.work(container?.args ?? [], env) });
    } catch (error) {
      if (!(error instanceof JobFails)) throw error;
      ends.set(thing.metadata.name, { isDone: false, log: error.message });
    }
  };
  const told = (thing: Thing) => {
    if (thing.kind === 'Job') {
      const type = ends.get(thing.metadata.name)?.isDone === true ? 'Complete' : 'Failed';
      return { ...thing, status: { conditions: [{ type, status: 'True' }] } };
    }
    const replicas = thing.spec?.replicas ?? 1;
    const images = thing.spec?.template?.spec?.containers.map(({ image = '' }) => image) ?? [];
    const availableReplicas = cluster.isStuck || images.some(cluster.isBroken) ? 0 : replicas;
    return {
      ...thing,
      metadata: { ...thing.metadata, generation: 2 },
      status: { observedGeneration: 2, replicas, updatedReplicas: replicas, availableReplicas },
    };
  };
  const list = (items: readonly object[]) => ({ stdout: JSON.stringify({ kind: 'List', items }) });
  const chosen = (kinds: string, label = '') => {
    if (kinds === 'pod') {
      cluster.onPods();
      return list(cluster.pods);
    }
    const wanted = kinds.split(',').map(kindOf);
    const [key = '', value] = label.split('=');
    const found = [...objects.values()].filter(
      (one) => wanted.includes(one.kind) && (key === '' || one.metadata.labels?.[key] === value),
    );
    return list(found.map(told));
  };
  const forms: readonly (readonly [
    RegExp,
    (words: readonly string[], input: string) => Partial<RunResult>,
  ])[] = [
    [
      /^apply --server-side --force-conflicts --field-manager=hearth -f -$/,
      (_words, input) => {
        for (const item of (JSON.parse(input) as { items: Thing[] }).items) put(item);
        return {};
      },
    ],
    [
      /^get ([a-z,]+) -n mastodon(?: -l (\S+))? --ignore-not-found -o json$/,
      ([kinds = '', label]) => chosen(kinds, label),
    ],
    [
      /^get ([a-z]+) (\S+) -n mastodon --ignore-not-found -o json$/,
      ([kind = '', name = '']) => {
        const found = objects.get(`${kindOf(kind)}/${name}`);
        return { stdout: found === undefined ? '' : JSON.stringify(told(found)) };
      },
    ],
    [
      /^delete namespace mastodon --ignore-not-found --wait=true --timeout=240s$/,
      () => {
        objects.clear();
        return {};
      },
    ],
    [
      /^delete ([a-z]+) (\S+) -n mastodon --ignore-not-found --wait=true --timeout=120s$/,
      ([kind = '', name = '']) => {
        objects.delete(`${kindOf(kind)}/${name}`);
        return {};
      },
    ],
    [
      /^create job (\S+) --from=cronjob\/(\S+) -n mastodon$/,
      ([name = '', from = '']) => {
        const { spec } = objects.get(`CronJob/${from}`) ?? {};
        if (spec?.jobTemplate === undefined) return { exitCode: 1, stderr: 'not found' };
        put({ kind: 'Job', metadata: { name }, spec: spec.jobTemplate.spec });
        return {};
      },
    ],
    [/^logs job\/(\S+) -n mastodon$/, ([job = '']) => ({ stdout: ends.get(job)?.log ?? '' })],
  ];
  const kubectl = (args: readonly string[], input: string): ReturnType<FakeProgram> => {
    for (const [form, answer] of forms) {
      const found = form.exec(args.join(' '));
      if (found !== null) return answer(found.slice(1), input);
    }
    return undefined;
  };
  device.programs['/usr/local/bin/k3s'] = (args, input) => {
    const [first, ...rest] = args;
    if (first !== 'kubectl') return images(args.join(' '));
    if (cluster.awayFor === 0) return kubectl(rest, input);
    cluster.awayFor--;
    return { exitCode: 1, stderr: 'The connection to the server was refused: connection refused' };
  };
  const images = (words: string): ReturnType<FakeProgram> => {
    if (words === 'crictl images') {
      const lines = [...cluster.images].map((one) =>
        one.replace(/:([^:]+)$/, '   $1   0123456789abc   200MB'),
      );
      return { stdout: ['IMAGE   TAG   IMAGE ID   SIZE', ...lines].join('\n') };
    }
    const [, verb = '', first = '', second = ''] =
      /^ctr -n k8s\.io images (pull|import|tag --force) (\S+)(?: (\S+))?$/.exec(words) ?? [];
    if (verb === 'pull') return cluster.fetchable.has(first) ? {} : { exitCode: 1, stderr: 'not found' };
    if (verb === '') return undefined;
    cluster.images.add(verb === 'import' ? (device.get(first) ?? 'nothing') : second);
    return {};
  };
  return cluster;
}

/** Thrown by the work of a job that fails, with its log. */
export class JobFails extends Error {}
