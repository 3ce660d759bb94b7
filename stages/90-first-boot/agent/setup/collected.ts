import type { FetchedArtifact } from '../provision/device-artifact.ts';
import { type ImageArtifacts, noArtifacts } from '../provision/image-artifacts.ts';
import type { CollectedSetup, DoctorCheck, ServiceLink, SetupStep, SignIn, Topic } from './define.ts';

/** What all stages of the image add, in the order in which it is asked and done. */
export interface Setups {
  readonly topics: readonly Topic[];
  readonly steps: readonly SetupStep[];
  readonly checks: readonly (DoctorCheck & { readonly stage: string })[];
  readonly links: readonly ServiceLink[];
  readonly signIns: readonly SignIn[];
  /** What the image has of others. */
  readonly artifacts: ImageArtifacts;
  /** The steps that fetch a file or container image for others, by their ids: each is due when a step that needs the file is. */
  readonly fetches: ReadonlyMap<string, FetchedArtifact>;
}

/** Puts the parts of all stages together. Throws when two of them use the same id. */
export function collect(stages: readonly CollectedSetup[]): Setups {
  const topics = stages.flatMap((one) => one.topics ?? []).sort((a, b) => a.order - b.order);
  const steps = stages.flatMap((one) => one.steps ?? []).sort((a, b) => a.order - b.order);
  const checks = stages.flatMap((one) => (one.checks ?? []).map((check) => ({ ...check, stage: one.stage })));
  for (const parts of [topics, steps, checks]) refuseTwice(parts.map((part) => part.id));
  return {
    topics,
    steps,
    checks,
    links: stages.flatMap((one) => one.links ?? []),
    artifacts: noArtifacts,
    fetches: new Map(),
    signIns: stages.flatMap((one) => (one.signIn === undefined ? [] : [one.signIn])),
  };
}

function refuseTwice(ids: readonly string[]): void {
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new Error(`two stages have a part of their setup called "${twice}"`);
}
