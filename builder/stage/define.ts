import type { z } from 'zod';

/**
 * A check of the running device: a shell command run as root in the guest; exit code 0 means good.
 * The boot test runs every check of every stage in the image.
 */
export interface StageCheck {
  readonly what: string;
  readonly command: string;
}

/** TypeScript bundled by esbuild into one file for the device's Node.js (no dependency at run time). */
export interface StageBundle {
  /** Path of the entry file, relative to the stage folder. Its folder belongs to the stage's inputs. */
  readonly entry: string;
  /**
   * Name of a file that any stage may have (`setup.ts`). The entry then exports `main(parts)`, and the bundle calls it with
   * what each of these files exports as `setup`, in the order of the stages: `{ stage: '30-samba', ...setup }`.
   */
  readonly collects?: string;
  /** Absolute path in the root file system. */
  readonly target: string;
  /** File mode, default 0o644. */
  readonly mode?: number;
}

/** A file or container image of others that this stage lays into the root file system, or lets the device fetch. */
export interface StageArtifact {
  /** Its key in artifacts.lock.yaml. */
  readonly name: string;
  /**
   * Absolute path in the root file system; `@DIGEST@` stands for the first 12 hex digits of its SHA-256, for a container
   * image of its digest for arm64. An image becomes an archive that k3s imports, so its path ends with `@DIGEST@.tar.zst`;
   * the device makes a `.tar`. Left out for a package that no image may bring along.
   */
  readonly path?: string;
  /** File mode, default 0o644. */
  readonly mode?: number;
  /** For an archive of container images: when baked, it is repacked to the images whose names end like this. */
  readonly keepImages?: readonly string[];
}

export interface StageDefinition<Slice extends z.ZodObject = z.ZodObject> {
  /** One sentence: what this stage adds to the image. Shown by `plan` and in docs. */
  readonly summary: string;
  /** The stage's own part of config.yaml, under `key`. Every field needs a default and a description. */
  readonly config?: { readonly key: string; readonly schema: Slice };
  /**
   * Shared config keys that this stage reads (`hostname`, `image.name` …). They enter its fingerprint, its
   * environment and its templates; a key that is not listed is not there. A stage folder without stage.ts reads all.
   */
  readonly reads?: readonly string[];
  /** Names of folders in overlays/ laid over the root file system. */
  readonly overlays?: readonly string[];
  /** More files or folders of the repository that the result depends on, relative to the stage folder. */
  readonly inputs?: readonly string[];
  readonly bundles?: readonly StageBundle[];
  readonly artifacts?: readonly StageArtifact[];
  readonly checks?: readonly StageCheck[];
}

/** Declares a stage. The only function of the builder that stages/ may use. */
export function defineStage<Slice extends z.ZodObject>(
  definition: StageDefinition<Slice>,
): StageDefinition<Slice> {
  return definition;
}
