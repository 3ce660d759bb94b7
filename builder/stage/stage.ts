import type { StageDefinition } from './define.ts';
import type { Step } from './step.ts';

/** A folder of steps: the stage folder itself, or a substage as in pi-gen. */
export interface Substage {
  /** '' for the stage folder itself. */
  readonly name: string;
  readonly path: string;
  readonly steps: readonly Step[];
}

/** A file that a stage's result depends on. */
export interface InputFile {
  /** Path for people and for the fingerprint: below the stage folder, or `overlays/NAME/…`. */
  readonly label: string;
  readonly path: string;
}

/** A file that a bundle takes from a stage. */
export interface CollectedPart {
  /** Name of the stage that has it, `30-samba`. */
  readonly stage: string;
  /** `setup.ts` */
  readonly file: string;
  readonly path: string;
}

/** A file of others that is laid into the tree. */
export interface BakedFile {
  /** Its key in artifacts.lock.yaml. */
  readonly name: string;
  /** Of the file as its maker publishes it; for a container image of its manifest for arm64. */
  readonly sha256: string;
  /** It is a container image, and this is its full name in the archive. */
  readonly reference?: string;
  /** In the root file system, without a slash at its beginning. */
  readonly path: string;
  readonly mode: number;
  /** It is an archive of container images, and only these are kept. */
  readonly keepImages?: readonly string[];
}

export interface Stage {
  /** Folder name, `30-samba`. */
  readonly name: string;
  readonly path: string;
  /** Undefined for a folder written for pi-gen. */
  readonly definition: StageDefinition | undefined;
  readonly prerun: string | undefined;
  readonly substages: readonly Substage[];
  /** A SKIP file: the stage is left out. */
  readonly isSkipped: boolean;
  /** Path of EXPORT_IMAGE, if the tree after this stage becomes an image. */
  readonly exportImage: string | undefined;
  readonly inputs: readonly InputFile[];
  /** What the stage's bundles collect; there once the stages of the image are chosen. */
  readonly collected?: readonly CollectedPart[];
  /** What of its artifacts is baked; there once the edition is known. */
  readonly baked?: readonly BakedFile[];
}

/** Something wrong in a stage folder. */
export interface StageProblem {
  /** Path relative to the project. */
  readonly file: string;
  /** From 1. */
  readonly line?: number;
  readonly message: string;
  readonly help?: string;
}
