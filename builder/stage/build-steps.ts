import type { Stage, Substage } from './stage.ts';
import { isScript, type StepKind } from './step.ts';

/** One thing that is done to the tree; its result is a layer. */
export interface BuildStep {
  /** `files`: overlays, templates and bundles of stage.ts. */
  readonly kind: 'prerun' | 'files' | StepKind;
  /** For people, unique in its stage: the path below the stage folder, or what is done. */
  readonly label: string;
  /** Absolute path of its file or folder; '' for `files`. */
  readonly path: string;
  readonly substage: Substage;
}

/** The steps of a stage in their order. Overlays and templates come right before the first script, so that it finds them. */
export function buildSteps(stage: Stage): BuildStep[] {
  const [root] = stage.substages;
  if (!root) return [];
  const steps: BuildStep[] = [];
  if (stage.prerun !== undefined) {
    steps.push({ kind: 'prerun', label: 'prerun.sh', path: stage.prerun, substage: root });
  }
  const files: BuildStep = { kind: 'files', label: 'overlays and templates', path: '', substage: root };
  let isLaid = !laysFiles(stage);
  for (const substage of stage.substages) {
    for (const step of substage.steps) {
      if (isScript(step) && !isLaid) {
        steps.push(files);
        isLaid = true;
      }
      steps.push({ kind: step.kind, label: step.label, path: step.path, substage });
    }
  }
  if (!isLaid) steps.push(files);
  return steps;
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
