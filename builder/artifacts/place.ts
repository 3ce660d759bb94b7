import type { Config, Delivery } from '../config/schema.ts';
import type { StageArtifact } from '../stage/define.ts';
import type { BakedFile, Stage, StageProblem } from '../stage/stage.ts';
import { suggest } from '../text/suggest.ts';
import type { Artifact, FileArtifact } from './artifact.ts';

/** An artifact that a stage of this image uses, and how it comes to the device. */
export interface PlacedArtifact {
  readonly stage: string;
  readonly artifact: Artifact;
  readonly delivery: Delivery;
  /** Absolute path on the device; '' for what is no file. */
  readonly path: string;
  readonly mode: number;
  readonly keepImages?: readonly string[];
}

export interface Placement {
  readonly placed: readonly PlacedArtifact[];
  readonly problems: readonly StageProblem[];
}

/**
 * Decides how each artifact of these stages comes to the device: `artifacts.delivery` of config.yaml first, else baked in
 * the full edition where that is allowed, else by the device itself. Finds all problems.
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
  return { placed, problems: [...found.flatMap((one) => one.problems), ...stray] };
}

/** The files of one stage that are laid into its tree. */
export function bakedFiles(placed: readonly PlacedArtifact[], stage: string): readonly BakedFile[] {
  return placed.flatMap((one) => {
    const { artifact, delivery, path, mode, keepImages } = one;
    if (one.stage !== stage || delivery !== 'baked' || artifact.kind !== 'file') return [];
    const { name, sha256 } = artifact;
    return [{ name, sha256, path: path.slice(1), mode, ...(keepImages === undefined ? {} : { keepImages }) }];
  });
}

/** The artifacts that a build needs in the store. */
export function bakedArtifacts(placed: readonly PlacedArtifact[]): readonly FileArtifact[] {
  return placed.flatMap(({ artifact, delivery }) =>
    delivery === 'baked' && artifact.kind === 'file' ? [artifact] : [],
  );
}

function placeOne(
  stage: string,
  wanted: StageArtifact,
  lock: readonly Artifact[],
  { artifacts, edition }: Pick<Config, 'artifacts' | 'edition'>,
): Placement {
  const file = `stages/${stage}/stage.ts`;
  const refuse = (problem: StageProblem): Placement => ({ placed: [], problems: [problem] });
  const artifact = lock.find(({ name }) => name === wanted.name);
  if (artifact === undefined) return refuse({ file, ...notLocked(wanted.name, lock) });
  if (artifact.kind === 'file' && wanted.path === undefined)
    return refuse({ file, message: `says no path for the artifact "${wanted.name}"` });
  const delivery = artifacts.delivery[wanted.name] ?? usualDelivery(artifact, edition, artifacts.isPrivate);
  const refusal = delivery === 'baked' ? reasonNotToBake(artifact, artifacts.isPrivate) : undefined;
  return {
    placed: [{ stage, artifact, delivery, ...placeOf(wanted, artifact) }],
    problems: refusal === undefined ? [] : [{ file: 'config.yaml', ...refusal }],
  };
}

function usualDelivery(artifact: Artifact, edition: Config['edition'], isPrivate: boolean): Delivery {
  const isBaked = edition === 'full' && reasonNotToBake(artifact, isPrivate) === undefined;
  return isBaked ? 'baked' : 'first-boot';
}

function reasonNotToBake(
  { name, kind, mayBePublished, licence }: Artifact,
  isPrivate: boolean,
): Pick<StageProblem, 'message' | 'help'> | undefined {
  if (!mayBePublished && !isPrivate) {
    return {
      message: `artifacts.delivery.${name}: "${name}" may not be given to others (${licence}), so it can not be baked into an image that may be`,
      help: 'leave it to the device (first-boot), or say `artifacts.isPrivate: true` if the image stays with you',
    };
  }
  if (kind === 'file') return undefined;
  return {
    message: `artifacts.delivery.${name}: "${name}" is no file, so the device fetches it itself`,
    help: 'leave it to the device: first-boot',
  };
}

function placeOf(
  { path = '', mode = 0o644, keepImages }: StageArtifact,
  artifact: Artifact,
): Pick<PlacedArtifact, 'path' | 'mode' | 'keepImages'> {
  const digest = artifact.kind === 'file' ? artifact.sha256.slice(0, 12) : '';
  const place = { path: path.replaceAll('@DIGEST@', digest), mode };
  return keepImages === undefined ? place : { ...place, keepImages };
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
