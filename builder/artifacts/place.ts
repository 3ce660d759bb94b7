import type { Config, Delivery } from '../config/schema.ts';
import type { StageArtifact } from '../stage/define.ts';
import type { BakedFile, Stage, StageProblem } from '../stage/stage.ts';
import { joinWords } from '../text/list.ts';
import { suggest } from '../text/suggest.ts';
import type { Artifact, ContainerImageArtifact, FileArtifact, UnpinnedImageArtifact } from './artifact.ts';
import { fileOf } from './artifact-file.ts';

/** What can be fetched. */
export type PinnedArtifact = Exclude<Artifact, UnpinnedImageArtifact>;

/** An artifact that a stage of this image uses, and how it comes to the device. */
export interface PlacedArtifact {
  readonly stage: string;
  readonly artifact: PinnedArtifact;
  readonly delivery: Delivery;
  /** Absolute path on the device; '' if its stage names none. */
  readonly path: string;
  readonly mode: number;
  readonly keepImages?: readonly string[];
}

export interface Placement {
  readonly placed: readonly PlacedArtifact[];
  /** What stages want too, but the lock has no digests of: the image does without, and its device is not told of it. */
  readonly unpinned: readonly UnpinnedImageArtifact[];
  readonly problems: readonly StageProblem[];
}

/**
 * Decides how each artifact of these stages comes to the device: `artifacts.delivery` of config.yaml first, else baked in
 * the full edition where that is allowed, else by the device itself. What is not pinned is left out of the slim edition.
 * Finds all problems.
 */
export function placeArtifacts(
  stages: readonly Stage[],
  lock: readonly Artifact[],
  choice: Pick<Config, 'artifacts' | 'edition'>,
): Placement {
  const wanted = stages
    .filter(({ isSkipped }) => !isSkipped)
    .flatMap((stage) =>
      (stage.definition?.artifacts ?? []).map((one) => ({ stage: stage.name, wanted: one })),
    );
  const found = wanted.map(({ stage, wanted: one }) => placeOne(stage, one, lock, choice));
  const placed = found.flatMap((one) => one.placed);
  const stray = strayDeliveries(placed, lock, choice.artifacts.delivery);
  const unpinned = new Set(found.flatMap((one) => one.unpinned));
  return { placed, unpinned: [...unpinned], problems: [...found.flatMap((one) => one.problems), ...stray] };
}

/** What people should know of the images that are left out; undefined if there are none. */
export function unpinnedNote(unpinned: readonly UnpinnedImageArtifact[]): string | undefined {
  if (unpinned.length === 0) return undefined;
  const names = unpinned.map(({ name }) => name);
  const verb = names.length === 1 ? 'is' : 'are';
  return (
    `${joinWords(names, 'and')} ${verb} not pinned, so this image can not offer what needs ${names.length === 1 ? 'it' : 'them'}. ` +
    `With a network: scripts/hearth lock --only ${names.join(' ')}`
  );
}

/** The files of one stage that are laid into its tree. */
export function bakedFiles(placed: readonly PlacedArtifact[], stage: string): readonly BakedFile[] {
  return placed.flatMap((one): readonly BakedFile[] => {
    const { artifact, delivery, path, mode, keepImages } = one;
    if (one.stage !== stage || delivery !== 'baked') return [];
    const place = { name: artifact.name, path: path.slice(1), mode };
    if (artifact.kind === 'container-image')
      return [{ ...place, sha256: hexOf(artifact), reference: artifact.reference }];
    return [{ ...place, sha256: hexOf(artifact), ...(keepImages === undefined ? {} : { keepImages }) }];
  });
}

/** The artifacts that a build needs in the store. */
export function bakedArtifacts(placed: readonly PlacedArtifact[]): readonly FileArtifact[] {
  return placed.flatMap(({ artifact, delivery }) => (delivery === 'baked' ? (fileOf(artifact) ?? []) : []));
}

/** The container images that a build needs in the store. */
export function bakedImages(placed: readonly PlacedArtifact[]): readonly ContainerImageArtifact[] {
  return placed.flatMap(({ artifact, delivery }) =>
    delivery === 'baked' && artifact.kind === 'container-image' ? [artifact] : [],
  );
}

function placeOne(
  stage: string,
  wanted: StageArtifact,
  lock: readonly Artifact[],
  { artifacts, edition }: Pick<Config, 'artifacts' | 'edition'>,
): Placement {
  const file = `stages/${stage}/stage.ts`;
  const refuse = (problem: StageProblem): Placement => ({ placed: [], unpinned: [], problems: [problem] });
  const artifact = lock.find(({ name }) => name === wanted.name);
  if (artifact === undefined) return refuse({ file, ...notLocked(wanted.name, lock) });
  const wrongPath = pathProblem(wanted, artifact);
  if (wrongPath !== undefined) return refuse({ file, ...wrongPath });
  if (artifact.kind === 'unpinned-image') {
    const way = artifacts.delivery[wanted.name] ?? (edition === 'full' ? 'baked' : 'first-boot');
    if (way === 'first-boot') return { placed: [], unpinned: [artifact], problems: [] };
    return refuse({ file: 'config.yaml', ...nothingToBake(wanted.name) });
  }
  const hindrance = reasonNotToBake(artifact, wanted.path, artifacts.isPrivate);
  const usual = edition === 'full' && hindrance === undefined ? 'baked' : 'first-boot';
  const delivery = artifacts.delivery[wanted.name] ?? usual;
  const refusal = delivery === 'baked' ? hindrance : undefined;
  return {
    placed: [{ stage, artifact, delivery, ...placeOf(wanted, artifact) }],
    unpinned: [],
    problems: refusal === undefined ? [] : [{ file: 'config.yaml', ...refusal }],
  };
}

function nothingToBake(name: string): Pick<StageProblem, 'message' | 'help'> {
  return {
    message: `artifacts.delivery.${name}: the lock has no digests of "${name}" yet, so there is nothing to bake`,
    help: `run \`scripts/hearth lock --only ${name}\` with a network, or make the image without it: first-boot`,
  };
}

/** k3s chooses the way to unpack an archive by its ending, and passes over a changed one that has a known name. */
function pathProblem(
  { name, path }: StageArtifact,
  { kind }: Artifact,
): Pick<StageProblem, 'message' | 'help'> | undefined {
  if (kind === 'apt-package') return undefined;
  if (path === undefined) return { message: `says no path for the artifact "${name}"` };
  if (kind === 'file' || /@DIGEST@[^/]*\.tar\.zst$/.test(path)) return undefined;
  return {
    message: `lays the container image "${name}" at ${path}, where k3s may not find it`,
    help: 'end the path with @DIGEST@.tar.zst',
  };
}

function reasonNotToBake(
  artifact: PinnedArtifact,
  path: string | undefined,
  isPrivate: boolean,
): Pick<StageProblem, 'message' | 'help'> | undefined {
  const { name, mayBePublished, licence } = artifact;
  if (!mayBePublished && !isPrivate) {
    return {
      message: `artifacts.delivery.${name}: "${name}" may not be given to others (${licence}), so it can not be baked into an image that may be`,
      help: 'leave it to the device (first-boot), or say `artifacts.isPrivate: true` if the image stays with you',
    };
  }
  if (artifact.kind !== 'apt-package') return undefined;
  if (artifact.file === undefined) {
    return {
      message: `artifacts.delivery.${name}: no package file is pinned for "${name}", so there is nothing to bake`,
      help: `run \`scripts/hearth lock --only ${name}\`, or leave it to the device: first-boot`,
    };
  }
  if (path !== undefined) return undefined;
  return {
    message: `artifacts.delivery.${name}: its stage has no path for the package file of "${name}"`,
    help: 'leave it to the device: first-boot',
  };
}

function placeOf(
  { path = '', mode = 0o644, keepImages }: StageArtifact,
  artifact: PinnedArtifact,
): Pick<PlacedArtifact, 'path' | 'mode' | 'keepImages'> {
  const place = { path: path.replaceAll('@DIGEST@', hexOf(artifact).slice(0, 12)), mode };
  return keepImages === undefined ? place : { ...place, keepImages };
}

/** 64 hex digits that say what it is; '' for a package without a pinned file. */
function hexOf(artifact: PinnedArtifact): string {
  if (artifact.kind === 'container-image') return artifact.arm64Digest.slice('sha256:'.length);
  return fileOf(artifact)?.sha256 ?? '';
}

function notLocked(name: string, lock: readonly Artifact[]): Pick<StageProblem, 'message' | 'help'> {
  const names = lock.map((artifact) => artifact.name);
  const meant = suggest(name, names);
  return {
    message: `wants the artifact "${name}", which artifacts.lock.yaml does not have`,
    help: meant === undefined ? `it has: ${names.join(', ') || 'none'}` : `did you mean "${meant}"?`,
  };
}

/** Names in `artifacts.delivery` that no stage of this image uses: most likely mistyped. */
function strayDeliveries(
  placed: readonly PlacedArtifact[],
  lock: readonly Artifact[],
  delivery: Readonly<Record<string, Delivery>>,
): StageProblem[] {
  const known = new Set([...placed.map(({ artifact }) => artifact.name), ...lock.map(({ name }) => name)]);
  return Object.keys(delivery)
    .filter((name) => !known.has(name))
    .map((name) => {
      const meant = suggest(name, [...known]);
      return {
        file: 'config.yaml',
        message: `artifacts.delivery.${name}: no artifact has that name`,
        ...(meant === undefined ? {} : { help: `did you mean "${meant}"?` }),
      };
    });
}
