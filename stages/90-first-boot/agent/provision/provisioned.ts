import type { DevicePaths } from '../device/paths.ts';
import type { Setups } from '../setup/collected.ts';
import type { SetupStep } from '../setup/define.ts';
import type { DeviceFile } from './device-artifact.ts';
import { fetchFile } from './fetch-file.ts';
import { type FetchWorld, realWorld } from './fetch-world.ts';
import { readImageArtifacts } from './image-artifacts.ts';
import { removePartial } from './partial.ts';
import { megabytes } from './texts.ts';

/**
 * Adds to what the stages do a step `fetch.NAME` for each file that some step needs and the image does not have, right before
 * the first step that needs it. Reads the image's list of artifacts; a damaged one is told by the steps that need it.
 */
export function provisioned(setups: Setups, paths: DevicePaths, world: FetchWorld = realWorld): Setups {
  const artifacts = readImageArtifacts(paths.artifactsFile);
  if (artifacts.state === 'damaged') return { ...setups, artifacts };
  const { list } = artifacts;
  const needed = new Set(setups.steps.flatMap((step) => step.needs ?? []));
  const wanted = list.artifacts.filter(isFetched).filter(({ name }) => needed.has(name));
  const fetches = new Map<string, DeviceFile>();
  const steps = [...setups.steps];
  for (const file of wanted) {
    const fetch = { file, mirrors: list.mirrors, wanted, folder: paths.fetchFolder, world };
    const place = steps.findIndex((step) => step.needs?.includes(file.name));
    const step: SetupStep = {
      ...describe(file, setups.steps),
      run: (task) => fetchFile(fetch, task),
      undo: async (task) => {
        task.remove(file.path);
        removePartial(paths.fetchFolder, file);
      },
    };
    if (steps.some(({ id }) => id === step.id)) throw new Error(`a stage has a step called "${step.id}"`);
    steps.splice(place, 0, step);
    fetches.set(step.id, file);
  }
  return { ...setups, steps, artifacts, fetches };
}

function isFetched(artifact: { readonly kind: string }): artifact is DeviceFile {
  return artifact.kind === 'file' && (artifact as DeviceFile).delivery === 'first-boot';
}

/** All about the step but what it does. When it is due is up to the plan: with the steps that need it. */
function describe(file: DeviceFile, all: readonly SetupStep[]): Omit<SetupStep, 'run'> {
  const { name, sizeBytes, sha256 } = file;
  const needing = all.filter((step) => step.needs?.includes(name));
  const size = megabytes(sizeBytes);
  const { en, de = en } = typeof size === 'string' ? { en: size } : (size as { en: string; de?: string });
  return {
    id: `fetch.${name}`,
    order: Math.min(...needing.map(({ order }) => order)),
    title: { en: `Fetching ${name} (${en})`, de: `${name} herunterladen (${de})` },
    uses: [...new Set(needing.flatMap((step) => step.uses))],
    seconds: Math.ceil(startSeconds + sizeBytes / bytesPerSecond),
    isOptional: needing.every((step) => step.isOptional === true),
    // Another content is another work, with the same answers too. 48 bits fit into a number.
    version: Number.parseInt(sha256.slice(0, 12), 16),
  };
}

/** A slow home line, 16 Mbit/s. */
const bytesPerSecond = 2_000_000;
const startSeconds = 3;
