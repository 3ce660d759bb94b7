import type { Stage, Substage } from './stage.ts';
import { isScript, type StepKind } from './step.ts';

/** One thing that is done to the tree; its result is a layer. */
export interface BuildStep {
  /** `artifacts`: baked files of others. `files`: overlays, templates and bundles of stage.ts. */
  readonly kind: 'prerun' | 'artifacts' | 'files' | StepKind;
  /** For people, unique in its stage: the path below the stage folder, or what is done. */
  readonly label: string;
  /** Absolute path of its file or folder; '' for what stage.ts says. */
  readonly path: string;
  readonly substage: Substage;
}

/** The steps of a stage in their order. What stage.ts lays comes right before the first script, so that it finds it. */
export function buildSteps(stage: Stage): BuildStep[] {
  const [root] = stage.substages;
  if (!root) return [];
  const steps: BuildStep[] = [];
  if (stage.prerun !== undefined) {
    steps.push({ kind: 'prerun', label: 'prerun.sh', path: stage.prerun, substage: root });
  }
  const laid: BuildStep[] = [];
  if ((stage.baked ?? []).length > 0)
    laid.push({ kind: 'artifacts', label: 'artifacts', path: '', substage: root });
  if (laysFiles(stage))
    laid.push({ kind: 'files', label: 'overlays and templates', path: '', substage: root });
  for (const substage of stage.substages) {
    for (const step of substage.steps) {
      if (isScript(step)) steps.push(...laid.splice(0));
      steps.push({ kind: step.kind, label: step.label, path: step.path, substage });
    }
  }
  return [...steps, ...laid];
}

/** True for steps that are programs of the stage's author. */
export function runsScript(step: BuildStep): boolean {
  return step.kind === 'prerun' || step.kind === 'run' || step.kind === 'run-chroot';
}

function laysFiles(stage: Stage): boolean {
  const { overlays = [], bundles = [] } = stage.definition ?? {};
  const hasTemplates = stage.inputs.some(({ label }) => label.startsWith('templates/'));
  return overlays.length > 0 || bundles.length > 0 || hasTemplates;
}
