import { promises as timers } from 'node:timers';
import { type DeviceTask, StepFailure } from '../../../90-first-boot/agent/device/door.ts';
import { type ManifestObject, manifestList } from '../manifests/objects.ts';
import { namespace } from '../manifests/plan.ts';

/** What is needed to speak with the cluster. */
export type ClusterTask = Pick<DeviceTask, 'run' | 'log' | 'signal'>;

/** An object as the cluster tells it: as much as is looked at. */
export interface ClusterObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly generation?: number;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

export const k3s = '/usr/local/bin/k3s';

/** How long the cluster may be away: its server starts again while a card is busy. */
const patienceMs = 180_000;
const pauseMs = 3_000;

/** Runs `k3s kubectl`. What it prints may be secret: it is neither logged nor part of a failure. Throws StepFailure. */
export async function kubectl(task: ClusterTask, args: readonly string[], input = ''): Promise<string> {
  const beganMs = Date.now();
  for (;;) {
    task.signal.throwIfAborted();
    const answer = await task.run(k3s, ['kubectl', ...args], { input, timeoutMs: 300_000 });
    if (answer.exitCode === 0) return answer.stdout;
    if (!isAway(answer.stderr)) throw new StepFailure(refused(lastLine(answer.stderr)), todo);
    if (Date.now() - beganMs >= patienceMs) throw new StepFailure(away, todo);
    await pause(task, pauseMs);
  }
}

/** Makes the objects, or changes them to what they shall be. Safe to do again. */
export async function apply(task: ClusterTask, objects: readonly ManifestObject[]): Promise<void> {
  const options = ['--server-side', '--force-conflicts', '--field-manager=hearth'];
  await kubectl(task, ['apply', ...options, '-f', '-'], manifestList(objects));
}

/** Objects of some kinds in Mastodon's namespace: `deployment,cronjob`. With a label only those that have it. */
export async function list(
  task: ClusterTask,
  kinds: string,
  label?: string,
): Promise<readonly ClusterObject[]> {
  const chosen = label === undefined ? [] : ['-l', label];
  const words = ['get', kinds, '-n', namespace, ...chosen, '--ignore-not-found', '-o', 'json'];
  return objectsIn(await kubectl(task, words));
}

/** One object of Mastodon's namespace; undefined if it is not there. */
export async function find(
  task: ClusterTask,
  kind: string,
  name: string,
): Promise<ClusterObject | undefined> {
  const words = ['get', kind, name, '-n', namespace, '--ignore-not-found', '-o', 'json'];
  const [object] = objectsIn(await kubectl(task, words));
  return object;
}

/** Removes an object and waits until it is gone, with its pods. */
export async function remove(task: ClusterTask, kind: string, name: string): Promise<void> {
  const wait = ['--wait=true', '--timeout=120s'];
  await kubectl(task, ['delete', kind, name, '-n', namespace, '--ignore-not-found', ...wait]);
}

/** Removes all of Mastodon from the cluster. Its data are not in there. */
export async function removeNamespace(task: ClusterTask): Promise<void> {
  const wait = ['--wait=true', '--timeout=240s'];
  await kubectl(task, ['delete', 'namespace', namespace, '--ignore-not-found', ...wait]);
}

/** What a job printed; empty if its pod is gone. May be secret. */
export async function logOf(task: ClusterTask, job: string): Promise<string> {
  const answer = await task.run(k3s, ['kubectl', 'logs', `job/${job}`, '-n', namespace], {
    timeoutMs: 60_000,
  });
  return answer.exitCode === 0 ? answer.stdout : '';
}

/** Waits, but not past the end of the work. */
export async function pause({ signal }: Pick<ClusterTask, 'signal'>, ms: number): Promise<void> {
  await timers.setTimeout(ms, undefined, { signal }).catch(() => {});
}

function objectsIn(text: string): readonly ClusterObject[] {
  // Nothing at all: there was none.
  if (text.trim() === '') return [];
  const value = JSON.parse(text) as ClusterObject & { readonly items?: readonly ClusterObject[] };
  return value.items ?? [value];
}

function isAway(words: string): boolean {
  return /connection refused|was refused|unable to connect|serviceunavailable|server is currently unable|TLS handshake timeout|i\/o timeout|EOF$|etcdserver|apiserver not ready|the server is starting/im.test(
    words,
  );
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
}

const away = { en: 'The apps (k3s) do not answer.', de: 'Die Apps (k3s) antworten nicht.' } as const;

function refused(words: string) {
  return {
    en: `The apps (k3s) refused a change: ${words}`,
    de: `Die Apps (k3s) haben eine Änderung abgelehnt: ${words}`,
  };
}

const todo = {
  en: 'Restart the device and try again. If it stays so, the support bundle tells more.',
  de: 'Starten Sie das Gerät neu und versuchen Sie es noch einmal. Bleibt es so, steht im Support-Paket mehr dazu.',
} as const;
