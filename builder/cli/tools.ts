import { hostArchitecture, lockedToolsSource, toolsPackages } from '../debian/locked-tools.ts';
import { packagesDigest } from '../debian/package-file.ts';
import type { Packages } from '../debian/packages.ts';
import { HearthError } from '../errors/hearth-error.ts';
import { findMirror } from '../host/mirror.ts';
import {
  accelerationOffReason,
  ensureToolsTree,
  findToolsTree,
  type LockedToolsSource,
  type ToolsTree,
  withClock,
  withoutAcceleration,
} from '../host/tools-tree.ts';
import type { Project } from '../plan/project.ts';
import type { Emit } from '../run/events.ts';
import { mirrorOf, once } from './packages.ts';
import type { Settings } from './settings.ts';

export interface ToolsOptions {
  readonly project: Project;
  readonly settings: Settings;
  readonly packages: Packages;
  readonly isOffline: boolean;
  readonly isAccelerated: boolean;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** The tools tree of a build: made if it is not there, of the lock's packages if there is a lock. */
export async function prepareTools(options: ToolsOptions): Promise<ToolsTree> {
  const { project, settings, packages, isOffline, isAccelerated, emit, signal } = options;
  const { cacheDir, clock } = settings;
  const startedAt = Date.now();
  const locked = await lockedSource(options);
  if (isOffline && !locked && !(await findToolsTree(cacheDir))) throw noToolsOffline(cacheDir);
  emit({ type: 'taskStarted', task: 'tools tree' });
  const made = await ensureToolsTree({
    ...{ cacheDir, locked, signal },
    mirror: async () => await mirrorOf(project),
    onLine: (line) => emit({ type: 'output', line }),
  });
  emit({ type: 'taskFinished', task: 'tools tree', durationMs: Date.now() - startedAt });
  const tools = clock === undefined ? made : withClock(made, clock);
  const offReason = accelerationOffReason();
  if (offReason !== undefined) emit({ type: 'note', text: offReason });
  else if (!isAccelerated) emit({ type: 'note', text: 'every arm64 program is emulated, as you asked' });
  const { architecture = hostArchitecture } = packages.lock?.tools ?? {};
  if (architecture !== hostArchitecture) {
    emit({ type: 'note', text: `the lock's tools are for ${architecture}: those of this host are used` });
  }
  return isAccelerated || offReason !== undefined ? tools : withoutAcceleration(tools);
}

/** The programs for the container images of a store; made when they are wanted, but not offline. */
export function storeTools(cacheDir: string, isOffline = false): () => Promise<ToolsTree> {
  return once(async () => {
    if (isOffline && !(await findToolsTree(cacheDir))) throw noToolsOffline(cacheDir);
    return await ensureToolsTree({ cacheDir, mirror: async () => await findMirror({}) });
  });
}

/** Undefined without a lock, or if the tools that are there have just its packages. */
async function lockedSource(options: ToolsOptions): Promise<LockedToolsSource | undefined> {
  const { project, settings, packages } = options;
  const wanted = packages.lock?.tools;
  if (!wanted || wanted.architecture !== hostArchitecture || wanted.packages.length === 0) return undefined;
  const existing = await findToolsTree(settings.cacheDir);
  const present = existing && (await toolsPackages(existing));
  if (present && packagesDigest(present.packages) === packagesDigest(wanted.packages)) return undefined;
  return lockedToolsSource({
    cacheDir: settings.cacheDir,
    suite: project.config.debian.suite,
    packages: wanted.packages,
    provide: async (set) => await packages.provide(set),
  });
}

function noToolsOffline(cacheDir: string): HearthError {
  return new HearthError('ERR_DOWNLOAD', {
    what: 'The tools tree is not in the cache, and nothing is fetched offline.',
    why: `It holds the programs that make an image; ${cacheDir}/tools has none for this version of Hearth.`,
    todo: 'Run the build once without --offline.',
    state: 'Nothing was fetched.',
  });
}
