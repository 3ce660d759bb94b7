import { fillStore } from '../artifacts/fill-store.ts';
import { bakedArtifacts, bakedImages } from '../artifacts/place.ts';
import type { ToolsTree } from '../host/tools-tree.ts';
import type { Action } from '../plan/planner.ts';
import type { Project } from '../plan/project.ts';
import type { Emit } from './events.ts';

export interface ProvideOptions {
  readonly project: Project;
  readonly cacheDir: string;
  readonly tools: ToolsTree;
  readonly isOffline: boolean;
  readonly aptOptions: () => Promise<readonly string[]>;
  /** Where the proxies of registries are read from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/**
 * Sees to it that all files and container images that will be baked are in the store, before any stage is built. Throws
 * ERR_DOWNLOAD that names each one that can't be had.
 */
export async function provideArtifacts(actions: readonly Action[], options: ProvideOptions): Promise<void> {
  const { project, tools, emit, cacheDir, isOffline, aptOptions, environment, signal } = options;
  const building = new Set(actions.filter(({ kind }) => kind === 'build').map(({ stage }) => stage));
  const placed = project.artifacts.filter(({ stage }) => building.has(stage));
  const wanted = [...bakedArtifacts(placed), ...bakedImages(placed)];
  if (wanted.length === 0) return;
  await fillStore(wanted, {
    ...{ cacheDir, isOffline, signal, aptOptions: await aptOptions() },
    ...{ tools: async () => tools, environment },
    mirrors: project.config.artifacts.mirrors,
    onProgress: (progress) => emit({ type: 'downloading', progress }),
    onCopy: ({ reference }) => emit({ type: 'note', text: `copying ${reference} from its registry` }),
  });
}
