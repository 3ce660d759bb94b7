import type { Action } from '../../plan/planner.ts';
import { stageStore } from '../../plan/state-store.ts';
import { planBuild } from '../../run/plan-build.ts';
import { formatTable } from '../../text/table.ts';
import { loadProject } from '../project.ts';
import { readSettings } from '../settings.ts';
import type { BuildFlags } from './build.ts';

export interface PlanFlags extends BuildFlags {
  readonly json?: boolean;
}

/** `hearth plan`: what `build` would do and why; nothing is done. */
export async function planCommand(flags: PlanFlags): Promise<void> {
  const settings = readSettings(flags);
  const project = await loadProject(settings, flags.edition === undefined ? {} : { edition: flags.edition });
  const actions = await planBuild(project, stageStore(settings.cacheDir, project.projectDir));
  process.stdout.write(flags.json ? planAsJson(actions) : planAsText(actions));
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
