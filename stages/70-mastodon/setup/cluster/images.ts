import { StepFailure } from '../../../90-first-boot/agent/device/door.ts';
import { type ClusterTask, k3s } from './kubectl.ts';

/** The archive of a container image on the device. */
export interface ImageArchive {
  readonly reference: string;
  /** Path of the device. */
  readonly path: string;
}

/** True if the cluster can start containers from this image without fetching it. */
export async function hasImage(task: ClusterTask, reference: string): Promise<boolean> {
  const answer = await task.run(k3s, ['crictl', 'images'], { timeoutMs: 60_000 });
  if (answer.exitCode !== 0) throw new StepFailure(messages.silent, messages.todo);
  const [repository, tag] = splitReference(reference);
  return answer.stdout.split('\n').some((line) => {
    const [name, own] = line.trim().split(/\s+/);
    return name === repository && own === tag;
  });
}

/** Imports an archive, unless the cluster has its image. Throws StepFailure if it can not. */
export async function importImage(task: ClusterTask, { reference, path }: ImageArchive): Promise<void> {
  if (await hasImage(task, reference)) return;
  const words = ['ctr', '-n', 'k8s.io', 'images', 'import', path];
  // Half a gigabyte, unpacked on a card.
  const answer = await task.run(k3s, words, { timeoutMs: 1_800_000 });
  if (answer.exitCode !== 0 || !(await hasImage(task, reference)))
    throw new StepFailure(messages.notImported, messages.todo);
}

/** `ghcr.io/mastodon/mastodon:v4.7.4` → repository and tag. */
export function splitReference(reference: string): readonly [string, string] {
  const at = reference.lastIndexOf(':');
  return at > reference.lastIndexOf('/')
    ? [reference.slice(0, at), reference.slice(at + 1)]
    : [reference, 'latest'];
}

const messages = {
  silent: {
    en: 'The apps (k3s) do not tell which container images they have.',
    de: 'Die Apps (k3s) sagen nicht, welche Container-Images sie haben.',
  },
  notImported: {
    en: 'A container image of Mastodon could not be unpacked.',
    de: 'Ein Container-Image von Mastodon konnte nicht entpackt werden.',
  },
  todo: {
    en: 'See that there is free space, restart the device, and try again.',
    de: 'Prüfen Sie, ob genug Platz frei ist, starten Sie das Gerät neu, und versuchen Sie es noch einmal.',
  },
} as const;
