import { HearthError } from '../errors/hearth-error.ts';
import { exists } from '../host/exists.ts';
import type { ToolsTree } from '../host/tools-tree.ts';
import { count } from '../text/count.ts';
import type { ContainerImageArtifact, FileArtifact, StoredArtifact } from './artifact.ts';
import { provideContainerImage, stateOfImage, storedContainerImage } from './container-image.ts';
import { type ArtifactFetchOptions, fetchArtifacts } from './fetch.ts';
import { type Lack, notInStore } from './fetch-errors.ts';
import type { RegistryOptions } from './skopeo.ts';
import { checkStored, distinctArtifacts } from './store.ts';

export interface StoreLook {
  readonly cacheDir: string;
  /** Asked for only if there is a container image to look at; undefined: the programs of the host. */
  readonly tools?: () => Promise<Pick<ToolsTree, 'path'>>;
  readonly signal?: AbortSignal;
}

export interface FillOptions extends ArtifactFetchOptions, Pick<RegistryOptions, 'environment'> {
  /** Asked for only if there is a container image. */
  readonly tools: () => Promise<Pick<ToolsTree, 'path'>>;
  /** An image is not in the store and is copied from its registry now. */
  readonly onCopy?: (image: ContainerImageArtifact) => void;
}

/** What was done; each content once. */
export interface FillOutcome {
  readonly fetched: readonly StoredArtifact[];
  /** They were there already, and right. */
  readonly found: readonly StoredArtifact[];
}

/**
 * Sees to it that all artifacts are in the store, whole and right: files first, then container images. Throws ERR_DOWNLOAD
 * that names each one that can't be had, and the signal's reason on abort.
 */
export async function fillStore(
  artifacts: readonly StoredArtifact[],
  options: FillOptions,
): Promise<FillOutcome> {
  const { files, images } = split(artifacts);
  if (options.isOffline) {
    const lacks = await findLacks(artifacts, options);
    if (lacks.length > 0) throw notInStore(lacks);
    return { fetched: [], found: [...files, ...images] };
  }
  const fetched: StoredArtifact[] = [];
  const found: StoredArtifact[] = [];
  const errors: HearthError[] = [];
  const attempt = async (job: () => Promise<FillOutcome>) => {
    try {
      const done = await job();
      fetched.push(...done.fetched);
      found.push(...done.found);
    } catch (error) {
      options.signal?.throwIfAborted();
      // A disk that is full, or a mistake of ours, would meet the next one too.
      if (!(error instanceof HearthError) || error.code !== 'ERR_DOWNLOAD') throw error;
      errors.push(error);
    }
  };
  await attempt(async () => await fetchArtifacts(files, options));
  for (const image of images) await attempt(async () => await fillImage(image, options));
  const [first, ...others] = errors;
  if (first) throw others.length === 0 ? first : together(errors);
  return { fetched, found };
}

/** What the store lacks of these: missing or damaged. Reads every byte of what it has. */
export async function findLacks(artifacts: readonly StoredArtifact[], look: StoreLook): Promise<Lack[]> {
  const { files, images } = split(artifacts);
  const { cacheDir, signal } = look;
  const states = await checkStored(cacheDir, files, signal);
  const lacks: Lack[] = files.map((artifact, at) => ({ artifact, state: states[at] ?? { kind: 'missing' } }));
  for (const artifact of images) {
    const isStored = await exists(storedContainerImage(cacheDir, artifact));
    const tools = isStored ? await look.tools?.() : undefined;
    lacks.push({ artifact, state: await stateOfImage(artifact, { cacheDir, tools, signal }) });
  }
  return lacks.filter(({ state }) => state.kind !== 'whole');
}

/** Each content once: two names may stand for the same. */
function split(artifacts: readonly StoredArtifact[]): {
  readonly files: readonly FileArtifact[];
  readonly images: readonly ContainerImageArtifact[];
} {
  const images = artifacts.filter((artifact) => artifact.kind === 'container-image');
  return {
    files: distinctArtifacts(artifacts.filter((artifact) => artifact.kind === 'file')),
    images: [...new Map(images.map((image) => [image.arm64Digest, image])).values()],
  };
}

async function fillImage(image: ContainerImageArtifact, options: FillOptions): Promise<FillOutcome> {
  const { cacheDir, environment, signal, onCopy } = options;
  let isCopied = false;
  await provideContainerImage(image, {
    ...{ cacheDir, tools: await options.tools(), environment, signal },
    onCopy: () => {
      isCopied = true;
      onCopy?.(image);
    },
  });
  return isCopied ? { fetched: [image], found: [] } : { fetched: [], found: [image] };
}

function together(errors: readonly HearthError[]): HearthError {
  const todos = new Set(errors.flatMap(({ todo }) => todo ?? []));
  return new HearthError('ERR_DOWNLOAD', {
    what: `${count(errors.length, 'part')} of what the store needs could not be had.`,
    details: errors
      .map(({ message, why, details }) => [message, why, details].filter(Boolean).join('\n'))
      .join('\n\n'),
    todo: [...todos].join('\n'),
    state: 'Whole artifacts are kept and checked.',
  });
}
