import { relative } from 'node:path';
import type { BuildStep } from '../stage/build-steps.ts';
import { runsScript } from '../stage/build-steps.ts';
import type { InputFile, Stage } from '../stage/stage.ts';
import { digestOf } from '../text/digest.ts';
import { describeBaked, describeFile, flatten } from './fingerprint.ts';

export interface StepSource {
  readonly step: BuildStep;
  /** All steps of its stage. */
  readonly steps: readonly BuildStep[];
  readonly stage: Stage;
  /** The stage before, whose name scripts are told. */
  readonly previous: string | undefined;
  /** The config values that the stage sees. */
  readonly config: unknown;
  /** What is the same for all stages: architecture, tools, time stamp. */
  readonly base: Readonly<Record<string, string>>;
}

/** Raise it when the same inputs begin to give another layer. */
const formatVersion = '1';

/**
 * Digest of everything that a step's layer depends on beside the tree that it gets and the packages it installs.
 * A package step sees its own list only. A script sees the config values and all files of its stage but those of
 * later steps, so that a mended step is tried again without the ones before it.
 */
export async function stepInputs(source: StepSource): Promise<string> {
  const { step, stage, previous, config, base } = source;
  const parts: Record<string, string> = { ...base, format: formatVersion, kind: step.kind };
  if (runsScript(step)) {
    parts['stage'] = `${stage.name} ${step.label} after ${previous ?? 'nothing'}`;
  }
  if (runsScript(step) || step.kind === 'files') {
    for (const [path, value] of flatten(config)) parts[`config.yaml ${path}`] = value;
  }
  Object.assign(parts, laidParts(step, stage));
  // Labels of other kinds are left out: the same list in another place installs the same packages.
  const isNamed = runsScript(step) || step.kind === 'files';
  for (const file of visibleFiles(source)) {
    const name = isNamed ? file.label : relative(step.path, file.path) || '0';
    parts[`file ${name}`] = await describeFile(file.path);
  }
  return digestOf(parts);
}

/** What stage.ts says of the files that are laid. */
function laidParts({ kind }: BuildStep, { baked = [], definition }: Stage): Record<string, string> {
  if (kind === 'artifacts')
    return Object.fromEntries(baked.map((file) => [`artifact ${file.name}`, describeBaked(file)]));
  if (kind !== 'files') return {};
  const { overlays = [], bundles = [] } = definition ?? {};
  return { laid: digestOf([overlays, bundles]) };
}

function visibleFiles({ step, steps, stage }: StepSource): InputFile[] {
  const own = (file: InputFile) => owns(step, file);
  if (step.kind === 'files')
    return stage.inputs.filter((file) => !isBuilderOnly(file) && !steps.some((other) => owns(other, file)));
  if (!runsScript(step)) return stage.inputs.filter(own);
  const later = steps.slice(steps.indexOf(step) + 1);
  return stage.inputs.filter((file) => !isBuilderOnly(file) && !later.some((other) => owns(other, file)));
}

function owns(step: BuildStep, file: InputFile): boolean {
  return step.path !== '' && (file.path === step.path || file.path.startsWith(`${step.path}/`));
}

/** What stage.ts says reaches a step as config values, overlays and bundles, which are parts of their own. */
function isBuilderOnly(file: InputFile): boolean {
  return file.label === 'stage.ts';
}
