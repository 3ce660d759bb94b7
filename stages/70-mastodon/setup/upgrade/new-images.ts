import { type DeviceTask, StepFailure } from '../../../90-first-boot/agent/device/door.ts';
import { hasImage, importImage } from '../cluster/images.ts';
import { type ClusterTask, k3s } from '../cluster/kubectl.ts';
import type { Upgrade } from './journal.ts';

/** A container image as a person names it: by registry and digest. */
export interface NamedImage {
  /** `ghcr.io/mastodon/mastodon:v4.7.5` */
  readonly reference: string;
  /** The same with its digest: nothing else can be meant by it. */
  readonly source: string;
  readonly version: string;
}

/** Reads `REPOSITORY:vVERSION@sha256:DIGEST`; undefined if it is none. */
export function namedImage(text: string): NamedImage | undefined {
  const [, reference, version] =
    /^([a-z0-9][a-z0-9.:_/-]*:(v\d+\.\d+\.\d+[a-z0-9.-]*))@sha256:[0-9a-f]{64}$/.exec(text) ?? [];
  if (reference === undefined || version === undefined) return undefined;
  return { reference, source: text, version };
}

/** What an archive of a container image says of itself. Throws StepFailure if it says nothing. */
export async function imageInArchive(
  task: Pick<DeviceTask, 'run'>,
  path: string,
): Promise<Omit<NamedImage, 'source'>> {
  for (const name of ['index.json', 'manifest.json']) {
    const { exitCode, stdout } = await task.run('tar', ['--extract', '--to-stdout', '--file', path, name]);
    const [reference = ''] = exitCode === 0 ? namesIn(stdout) : [];
    const [, version] = /:(v\d+\.\d+\.\d+[a-z0-9.-]*)$/.exec(reference) ?? [];
    if (version !== undefined) return { reference, version };
  }
  throw new StepFailure(
    {
      en: `${path} is no archive of a container image with a name and a version.`,
      de: `${path} ist kein Archiv eines Container-Images mit Name und Version.`,
    },
    messages.archiveTodo,
  );
}

/** Brings the new images to the cluster. What is there already is not fetched again. */
export async function getImages(
  task: ClusterTask,
  { to, archives }: Pick<Upgrade, 'to' | 'archives'>,
): Promise<void> {
  if (archives !== undefined) {
    await importImage(task, { reference: to.web, path: archives.web });
    await importImage(task, { reference: to.streaming, path: archives.streaming });
    return;
  }
  for (const name of ['web', 'streaming'] as const) {
    const source = to.sources?.[name] ?? '';
    await ctr(task, ['pull', source]);
    // Pods know it by its tag; the digest was what was fetched.
    await ctr(task, ['tag', '--force', source, to[name]]);
    if (!(await hasImage(task, to[name]))) throw new StepFailure(messages.notFetched, messages.todo);
  }
}

async function ctr(task: ClusterTask, words: readonly string[]): Promise<void> {
  const { exitCode } = await task.run(k3s, ['ctr', '-n', 'k8s.io', 'images', ...words], {
    timeoutMs: 3_600_000,
  });
  if (exitCode !== 0) throw new StepFailure(messages.notFetched, messages.todo);
}

/** Names of images in an index.json (OCI) or a manifest.json (docker save). */
function namesIn(text: string): readonly string[] {
  try {
    const value = JSON.parse(text) as {
      readonly manifests?: readonly { readonly annotations?: Readonly<Record<string, string>> }[];
    } & readonly { readonly RepoTags?: readonly string[] }[];
    if (Array.isArray(value)) return value.flatMap(({ RepoTags }) => RepoTags ?? []);
    return (value.manifests ?? []).flatMap(({ annotations }) => [
      ...(annotations?.['io.containerd.image.name'] === undefined
        ? []
        : [annotations['io.containerd.image.name']]),
    ]);
  } catch {
    return [];
  }
}

const messages = {
  notFetched: {
    en: 'A new container image could not be fetched.',
    de: 'Ein neues Container-Image konnte nicht geholt werden.',
  },
  todo: {
    en: 'See that the device reaches the Internet, that its name and digest are right, and that there is free space.',
    de: 'Prüfen Sie, ob das Gerät ins Internet kommt, ob Name und Prüfsumme stimmen und ob genug Platz frei ist.',
  },
  archiveTodo: {
    en: 'Make it with "docker save" or "ctr images export".',
    de: 'Erzeugen Sie es mit „docker save“ oder „ctr images export“.',
  },
} as const;
