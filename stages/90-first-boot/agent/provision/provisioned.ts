import type { StepTask } from '../device/door.ts';
import type { DevicePaths } from '../device/paths.ts';
import { removeDurably } from '../files/durable-folder.ts';
import type { Setups } from '../setup/collected.ts';
import type { SetupStep } from '../setup/define.ts';
import { type DeviceArtifact, type FetchedArtifact, hexOf } from './device-artifact.ts';
import { type FetchPlace, fetchFile } from './fetch-file.ts';
import { fetchImage, partsFolder } from './fetch-image.ts';
import { type FetchWorld, realWorld } from './fetch-world.ts';
import { readImageArtifacts } from './image-artifacts.ts';
import { archivePaths } from './made-archive.ts';
import { removePartial } from './partial.ts';
import { fetchTitle } from './texts.ts';

/**
 * Adds to what the stages do a step `fetch.NAME` for each file or container image that some step needs and the image does not have, right before
 * the first step that needs it. Reads the image's list of artifacts; a damaged one is told by the steps that need it.
 */
export function provisioned(setups: Setups, paths: DevicePaths, world: FetchWorld = realWorld): Setups {
  const artifacts = readImageArtifacts(paths.artifactsFile);
  if (artifacts.state === 'damaged') return { ...setups, artifacts };
  const { list } = artifacts;
  const needed = new Set(setups.steps.flatMap((step) => step.needs ?? []));
  const wanted = list.artifacts.filter(isFetched).filter(({ name }) => needed.has(name));
  const fetches = new Map<string, FetchedArtifact>();
  const steps = [...setups.steps];
  const place = { mirrors: list.mirrors, wanted, folder: paths.fetchFolder, world };
  for (const artifact of wanted) {
    const first = steps.findIndex((step) => step.needs?.includes(artifact.name));
    const step: SetupStep = {
      ...describe(artifact, setups.steps),
      run: (task) => fetchArtifact(artifact, place, task),
      undo: async (task) => remove(artifact, place, task),
    };
    if (steps.some(({ id }) => id === step.id)) throw new Error(`a stage has a step called "${step.id}"`);
    steps.splice(first, 0, step);
    fetches.set(step.id, artifact);
  }
  return { ...setups, steps, artifacts, fetches };
}

function isFetched(artifact: DeviceArtifact): artifact is FetchedArtifact {
  return artifact.kind !== 'apt-package' && artifact.delivery === 'first-boot';
}

async function fetchArtifact(artifact: FetchedArtifact, place: FetchPlace, task: StepTask): Promise<void> {
  if (artifact.kind === 'file') await fetchFile(artifact, place, task);
  else await fetchImage(artifact, place, task);
}

function remove(artifact: FetchedArtifact, { folder }: FetchPlace, task: StepTask): void {
  if (artifact.kind === 'file') {
    task.remove(artifact.path);
    removePartial(folder, artifact);
    return;
  }
  for (const path of archivePaths(artifact.path)) task.remove(path);
  removeDurably(partsFolder(folder, artifact));
}

/** All about the step but what it does. When it is due is up to the plan: with the steps that need it. */
function describe(artifact: FetchedArtifact, all: readonly SetupStep[]): Omit<SetupStep, 'run'> {
  const { name } = artifact;
  const needing = all.filter((step) => step.needs?.includes(name));
  const sizeBytes = artifact.kind === 'file' ? artifact.sizeBytes : undefined;
  return {
    id: `fetch.${name}`,
    order: Math.min(...needing.map(({ order }) => order)),
    title: fetchTitle(name, sizeBytes),
    uses: [...new Set(needing.flatMap((step) => step.uses))],
    seconds: Math.ceil(startSeconds + (sizeBytes ?? usualImageBytes) / bytesPerSecond),
    isOptional: needing.every((step) => step.isOptional === true),
    // Another content is another work, with the same answers too. 48 bits fit into a number.
    version: Number.parseInt(hexOf(artifact).slice(0, 12), 16),
  };
}

/** A slow home line, 16 Mbit/s. */
const bytesPerSecond = 2_000_000;
const startSeconds = 3;
/** How large an image is, only its registry knows. */
const usualImageBytes = 300_000_000;
