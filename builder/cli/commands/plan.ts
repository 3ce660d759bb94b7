import { unpinnedNote } from '../../artifacts/place.ts';
import { ensureToolsTree } from '../../host/tools-tree.ts';
import { historyFile, readHistory } from '../../plan/history.ts';
import { layerStore } from '../../plan/layer-store.ts';
import type { Action } from '../../plan/planner.ts';
import type { Project } from '../../plan/project.ts';
import { planBuild } from '../../run/plan-build.ts';
import { formatTable } from '../../text/table.ts';
import { makePackages, mirrorOf, type PackageFlags } from '../packages.ts';
import { loadProject } from '../project.ts';
import { readSettings, type Settings } from '../settings.ts';
import type { ProjectFlags } from './build.ts';

export interface PlanFlags extends ProjectFlags, PackageFlags {
  readonly json?: boolean;
}

/** `hearth plan`: what `build` would do and why; nothing is done. */
export async function planCommand(flags: PlanFlags): Promise<void> {
  const settings = readSettings(flags);
  const project = await loadProject(settings, flags.edition === undefined ? {} : { edition: flags.edition });
  const note = unpinnedNote(project.unpinned);
  if (note !== undefined) process.stderr.write(`${note}\n`);
  const actions = await planProject(project, settings, flags);
  process.stdout.write(flags.json ? planAsJson(actions) : planAsText(actions));
}

/** What a build of this project would do now. */
export async function planProject(
  project: Project,
  settings: Settings,
  flags: PackageFlags,
): Promise<Action[]> {
  const { cacheDir } = settings;
  const tools = async () => await ensureToolsTree({ cacheDir, mirror: async () => await mirrorOf(project) });
  return await planBuild({
    project,
    store: layerStore(cacheDir),
    packages: await makePackages({ project, settings, flags, tools }),
    history: await readHistory(historyFile(cacheDir, project.projectDir)),
  });
}

function planAsJson(actions: readonly Action[]): string {
  const stages = actions.map(({ stage, kind, reason, fingerprint }) => ({
    stage,
    kind,
    reason,
    fingerprint,
  }));
  return `${JSON.stringify({ version: 1, stages }, null, 2)}\n`;
}

/** A table of stage, action and reason, and a line that counts. */
export function planAsText(actions: readonly Action[]): string {
  const table = formatTable(actions.map(({ stage, kind, reason }) => [stage, kind, reason]));
  const building = actions.filter((action) => action.kind === 'build').length;
  const summary =
    building === 0 ? 'Nothing to build.' : `${building} of ${actions.length} stages would be built.`;
  return `${table.trimEnd()}\n\n${summary}\n`;
}
