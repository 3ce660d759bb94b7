import type { Artifact, StoredArtifact } from '../../artifacts/artifact.ts';
import { fileOf } from '../../artifacts/artifact-file.ts';
import { fillStore } from '../../artifacts/fill-store.ts';
import { artifactLockName, readArtifactLock } from '../../artifacts/lock-file.ts';
import { artifactFolder, describeArtifact, totalSize } from '../../artifacts/store.ts';
import { HearthError } from '../../errors/hearth-error.ts';
import { count } from '../../text/count.ts';
import { formatSize } from '../../text/size.ts';
import { suggest } from '../../text/suggest.ts';
import { withInterrupt } from '../interrupt.ts';
import { loadProject } from '../project.ts';
import { fetchProgress } from '../render/fetch-progress.ts';
import { readSettings } from '../settings.ts';
import { storeTools } from '../tools.ts';

export interface FetchFlags {
  readonly config?: string;
  /** Nothing is fetched: proves that the store is full. */
  readonly offline?: boolean;
  /** Names of artifacts; all if left out. */
  readonly only?: readonly string[];
}

/** `hearth fetch`: brings the files and container images of artifacts.lock.yaml into the store. */
export async function fetchCommand(flags: FetchFlags): Promise<void> {
  const settings = readSettings(flags);
  const project = await loadProject(settings);
  const lock = await readArtifactLock(`${settings.projectDir}/${artifactLockName}`);
  const wanted = chooseArtifacts(lock.artifacts, flags.only);
  const isOffline = flags.offline === true;
  const progress = fetchProgress(process.stderr);
  for (const note of notesOnOthers(wanted)) progress.note(note);
  const { fetched, found } = await withInterrupt(async (signal) => {
    try {
      return await fillStore(storedOf(wanted), {
        ...{ cacheDir: settings.cacheDir, mirrors: project.config.artifacts.mirrors, isOffline, signal },
        onProgress: progress.show,
        ...{ tools: storeTools(settings.cacheDir, isOffline), environment: process.env },
        onDamaged: (artifact) =>
          progress.note(`! the stored file of ${artifact.name} is damaged; it is fetched anew`),
        onCopy: ({ reference }) => progress.note(`copying  ${reference} from its registry`),
      });
    } finally {
      progress.stop();
    }
  }, fetchWords);
  for (const artifact of fetched) progress.note(`fetched  ${describeArtifact(artifact)}`);
  const all = [...fetched, ...found];
  const rest = isOffline || fetched.length === 0 ? '' : `, ${found.length} of them there already`;
  progress.note(
    `The store is full: ${amountOf(all)}, each checked${rest}. ${artifactFolder(settings.cacheDir)}`,
  );
}

/** The artifacts with these names, in the order of the lock. Throws ERR_USAGE for a name that the lock does not have. */
export function chooseArtifacts(
  artifacts: readonly Artifact[],
  only: readonly string[] | undefined,
): readonly Artifact[] {
  if (only === undefined) return artifacts;
  const known = artifacts.map(({ name }) => name);
  const unknown = only.find((name) => !known.includes(name));
  if (unknown === undefined) return artifacts.filter(({ name }) => only.includes(name));
  const meant = suggest(unknown, known);
  throw new HearthError('ERR_USAGE', {
    what: `${artifactLockName} has no artifact "${unknown}".${meant === undefined ? '' : ` Did you mean ${meant}?`}`,
    todo: `It has: ${known.join(', ')}.`,
    state: 'Nothing was fetched.',
  });
}

/** What the store keeps of these: all but packages of which no file is pinned, and images without digests. */
export function storedOf(artifacts: readonly Artifact[]): StoredArtifact[] {
  return artifacts.flatMap(
    (artifact): StoredArtifact | [] =>
      (artifact.kind === 'container-image' ? artifact : fileOf(artifact)) ?? [],
  );
}

const fetchWords = {
  stopping: 'Stopping; what came in is kept.',
  state: 'Whole files are in the store; what came in of the others waits for the next run.',
  todo: 'Run the same command to go on where it stopped.',
} as const;

function notesOnOthers(artifacts: readonly Artifact[]): string[] {
  return artifacts.flatMap((artifact) => {
    const over = `passed over  ${artifact.name}:`;
    if (artifact.kind === 'unpinned-image')
      return [`${over} it is not pinned (scripts/hearth lock --only ${artifact.name})`];
    if (artifact.kind !== 'apt-package' || artifact.file !== undefined) return [];
    return [`${over} the device installs it from ${artifact.repository}`];
  });
}

/** `3 files (180 MiB) and 2 container images`. */
function amountOf(artifacts: readonly StoredArtifact[]): string {
  const files = artifacts.filter((artifact) => artifact.kind === 'file');
  const images = artifacts.length - files.length;
  const amount = `${count(files.length, 'file')} (${formatSize(totalSize(files))})`;
  return images === 0 ? amount : `${amount} and ${count(images, 'container image')}`;
}
