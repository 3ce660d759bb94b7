import { HearthError } from '../errors/hearth-error.ts';
import { count } from '../text/count.ts';
import { joinWords } from '../text/list.ts';
import { suggest } from '../text/suggest.ts';
import type { Artifact, ContainerImageArtifact, UnpinnedImageArtifact } from './artifact.ts';
import { fileOf } from './artifact-file.ts';
import { type Disagreement, disagreementError, disagreements } from './disagreement.ts';
import { knownFlaw, knownWeakness, refuseKnownFlaws } from './floors.ts';
import { parseImageReference } from './image-reference.ts';
import type { ArtifactLock } from './lock-file.ts';
import { readIndex } from './resolve/registry.ts';
import type { ResolveContext } from './resolve/resolver.ts';
import { resolverFor } from './resolve/resolver-for.ts';
import { upstreamOf, versionOf } from './upstream.ts';
import { compareVersions } from './version-order.ts';

export interface UpdateOptions {
  /** Names of artifacts; what the same maker releases together with them is included. Empty: all. */
  readonly only: readonly string[];
  /** Names of images whose tag may have been built anew. */
  readonly rebuilt: readonly string[];
}

/** What the maker of one artifact says. */
export interface LockChange {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /**
   * `pinned`: the lock did not have the maker's newest package file of a version that is good enough. `filled`: it had no
   * digests of the image. `unknown`: nobody is known who could be asked.
   */
  readonly state: 'same' | 'newer' | 'rebuilt' | 'pinned' | 'filled' | 'unknown';
  /** What people should know. */
  readonly notes: readonly string[];
}

export interface LockUpdate {
  readonly changes: readonly LockChange[];
  /** The lock as it should be. */
  readonly lock: ArtifactLock;
}

interface Outcome {
  readonly artifact: Artifact;
  readonly change: LockChange;
}

/**
 * Asks the makers for newer versions, and whether they still say the same about the locked ones. Throws ERR_USAGE for
 * unknown names, ERR_DOWNLOAD for everything that could not be asked or disagrees, ERR_LOCK_INVALID if a version with known
 * flaws would stay.
 */
export async function updateLock(
  lock: ArtifactLock,
  options: UpdateOptions,
  context: ResolveContext,
): Promise<LockUpdate> {
  const chosen = chooseArtifacts(lock.artifacts, options);
  const settled = await Promise.allSettled(
    chosen.map(async (artifact) => await updateOne(artifact, options, context)),
  );
  const failures = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  if (failures.length > 0) throw joinFailures(failures);
  const outcomes = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  refuseKnownFlaws(outcomes.map(({ artifact }) => artifact));
  const byName = new Map(outcomes.map(({ artifact }) => [artifact.name, artifact]));
  return {
    changes: outcomes.map(({ change }) => change),
    lock: { artifacts: lock.artifacts.map((artifact) => byName.get(artifact.name) ?? artifact) },
  };
}

function chooseArtifacts(all: readonly Artifact[], { only, rebuilt }: UpdateOptions): readonly Artifact[] {
  const names = all.map(({ name }) => name);
  const unknown = [...only, ...rebuilt].find((name) => !names.includes(name));
  if (unknown !== undefined) throw unknownName(unknown, names);
  const noImage = all.find((artifact) => rebuilt.includes(artifact.name) && !isImage(artifact));
  if (noImage) {
    throw new HearthError('ERR_USAGE', {
      what: `${noImage.name} is no container image: what was published once under its version never changes.`,
      state: 'Nothing was done.',
    });
  }
  if (only.length === 0) return all;
  // A binary and its archive of images belong together.
  const releases = all.filter(({ name }) => only.includes(name)).map(releaseOf);
  return all.filter((artifact) => only.includes(artifact.name) || releases.includes(releaseOf(artifact)));
}

function releaseOf(artifact: Artifact): string {
  const upstream = artifact.kind === 'file' ? upstreamOf(artifact) : imageRelease(artifact);
  return upstream ?? `entry ${artifact.name}`;
}

/** A maker's images of one version belong together: `ghcr.io/mastodon v4.7.4`. */
function imageRelease(artifact: Artifact): string | undefined {
  if (!isImage(artifact)) return undefined;
  const image = parseImageReference(artifact.reference);
  return image && `${image.registry}/${image.repository.split('/')[0]} ${image.tag}`;
}

function isImage(artifact: Artifact): artifact is ContainerImageArtifact | UnpinnedImageArtifact {
  return artifact.kind === 'container-image' || artifact.kind === 'unpinned-image';
}

async function updateOne(
  locked: Artifact,
  { rebuilt }: UpdateOptions,
  context: ResolveContext,
): Promise<Outcome> {
  const from = versionOf(locked);
  const resolver = resolverFor(locked, context);
  if (!resolver) {
    const notes = ['no list of its maker is known: look for newer versions by hand'];
    return { artifact: locked, change: { name: locked.name, from, to: from, state: 'unknown', notes } };
  }
  const [published, newest] = await Promise.all([resolver.pin(from), resolver.newestVersion()]);
  const found = disagreements(locked, published);
  if (found.length > 0 && !rebuilt.includes(locked.name)) throw await explain(locked, found, context);
  if (compareVersions(newest, from) <= 0) {
    const state = found.length > 0 ? 'rebuilt' : stateOfSame(locked, published);
    const artifact = state === 'same' ? locked : published;
    return { artifact, change: { name: locked.name, from, to: from, state, notes: weaknesses(artifact) } };
  }
  const next = await resolver.pin(newest);
  const flaw = knownFlaw(next);
  if (flaw !== undefined) {
    const notes = [`${newest} is refused: ${flaw}`, ...weaknesses(locked)];
    const state = stateOfSame(locked, published) === 'filled' ? 'filled' : 'same';
    const artifact = state === 'filled' ? published : locked;
    return { artifact, change: { name: locked.name, from, to: from, state, notes } };
  }
  const to = versionOf(next);
  return { artifact: next, change: { name: next.name, from, to, state: 'newer', notes: weaknesses(next) } };
}

/** Of one version, where lock and maker do not disagree. */
function stateOfSame(locked: Artifact, published: Artifact): 'same' | 'pinned' | 'filled' {
  if (locked.kind !== published.kind) return 'filled';

  return fileOf(locked)?.sha256 === fileOf(published)?.sha256 ? 'same' : 'pinned';
}

function weaknesses(artifact: Artifact): string[] {
  const weakness = knownWeakness(artifact);
  return weakness === undefined ? [] : [`${versionOf(artifact)}: ${weakness}`];
}

/** The usual mistake with images has an explanation of its own. */
async function explain(
  locked: Artifact,
  found: readonly Disagreement[],
  context: ResolveContext,
): Promise<HearthError> {
  const why = locked.kind === 'container-image' ? await childInPlaceOfIndex(locked, context) : undefined;
  return disagreementError(locked, found, why);
}

async function childInPlaceOfIndex(
  locked: ContainerImageArtifact,
  context: ResolveContext,
): Promise<string | undefined> {
  const image = parseImageReference(locked.reference);
  if (!image) return undefined;
  const { children } = await readIndex(context, image);
  const child = children.find(({ digest }) => digest === locked.indexDigest);
  if (!child) return undefined;
  return `The locked indexDigest is that of the image for ${child.platform} alone, not of the index.`;
}

function joinFailures(failures: readonly unknown[]): unknown {
  const bug = failures.find((failure) => !(failure instanceof HearthError));
  const errors = failures.filter((failure) => failure instanceof HearthError);
  if (bug !== undefined || errors.length < 2) return bug ?? errors[0];
  const texts = new Set(
    errors.map(({ message, why, details }) => [message, why, details].filter(Boolean).join('\n')),
  );
  const advice = new Set(errors.flatMap(({ todo }) => (todo === undefined ? [] : [todo])));
  if (texts.size < 2) return errors[0];
  return new HearthError('ERR_DOWNLOAD', {
    what: `${count(texts.size, 'artifact')} could not be resolved.`,
    details: [...texts].join('\n\n'),
    todo: [...advice].join('\n'),
    state: 'artifacts.lock.yaml was not changed.',
  });
}

function unknownName(name: string, names: readonly string[]): HearthError {
  const near = suggest(name, names);
  return new HearthError('ERR_USAGE', {
    what: `artifacts.lock.yaml has no artifact "${name}".`,
    todo: near === undefined ? `It has ${joinWords(names, 'and')}.` : `Did you mean ${near}?`,
    state: 'Nothing was done.',
  });
}
