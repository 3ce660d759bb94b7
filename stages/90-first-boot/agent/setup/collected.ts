import type { FetchedArtifact } from '../provision/device-artifact.ts';
import { type ImageArtifacts, noArtifacts } from '../provision/image-artifacts.ts';
import type {
  BackupPart,
  CollectedSetup,
  DoctorCheck,
  ServiceLink,
  ServiceState,
  SetupStep,
  SignIn,
  StageCommand,
  Topic,
} from './define.ts';

/** What all stages of the image add, in the order in which it is asked and done. */
export interface Setups {
  readonly topics: readonly Topic[];
  readonly steps: readonly SetupStep[];
  readonly checks: readonly (DoctorCheck & { readonly stage: string })[];
  readonly links: readonly ServiceLink[];
  readonly services: readonly ServiceState[];
  readonly commands: readonly StageCommand[];
  readonly signIns: readonly SignIn[];
  /** What goes into a backup, in the order in which it is saved. */
  readonly backups: readonly BackupPart[];
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
  const commands = stages.flatMap((one) => one.commands ?? []);
  const backups = stages.flatMap((one) => one.backups ?? []).sort((a, b) => a.order - b.order);
  for (const parts of [topics, steps, checks, backups]) refuseTwice(parts.map((part) => part.id));
  refuseTwice(commands.map(({ name }) => name));
  return {
    topics,
    steps,
    checks,
    links: stages.flatMap((one) => one.links ?? []),
    services: stages.flatMap((one) => one.services ?? []),
    commands,
    artifacts: noArtifacts,
    fetches: new Map(),
    backups,
    signIns: stages.flatMap((one) => (one.signIn === undefined ? [] : [one.signIn])),
  };
}

function refuseTwice(ids: readonly string[]): void {
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new Error(`two stages have a part of their setup called "${twice}"`);
}
