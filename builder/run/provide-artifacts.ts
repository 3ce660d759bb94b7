import { fetchArtifacts } from '../artifacts/fetch.ts';
import { bakedArtifacts } from '../artifacts/place.ts';
import type { Action } from '../plan/planner.ts';
import type { Project } from '../plan/project.ts';
import type { Emit } from './events.ts';

export interface ProvideOptions {
  readonly project: Project;
  readonly cacheDir: string;
  readonly isOffline: boolean;
  readonly aptOptions: () => Promise<readonly string[]>;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/**
 * Sees to it that all files that will be baked are in the store, before any stage is built. Throws ERR_DOWNLOAD that names
 * each one that can't be had.
 */
export async function provideArtifacts(actions: readonly Action[], options: ProvideOptions): Promise<void> {
  const { project, emit, cacheDir, isOffline, aptOptions, signal } = options;
  const building = new Set(actions.filter(({ kind }) => kind === 'build').map(({ stage }) => stage));
  const wanted = bakedArtifacts(project.artifacts.filter(({ stage }) => building.has(stage)));
  if (wanted.length === 0) return;
  await fetchArtifacts(wanted, {
    ...{ cacheDir, isOffline, signal, aptOptions: await aptOptions() },
    mirrors: project.config.artifacts.mirrors,
    onProgress: (progress) => emit({ type: 'downloading', progress }),
  });
}
