import type { UnpinnedImageArtifact } from '../artifacts/artifact.ts';
import type { PlacedArtifact } from '../artifacts/place.ts';
import type { Config } from '../config/schema.ts';
import type { Stage } from '../stage/stage.ts';

/** A valid project: its config and the stages that it lists, in their order. */
export interface Project {
  readonly projectDir: string;
  readonly config: Config;
  readonly stages: readonly Stage[];
  /** What its stages use of others, and how it comes to the device. */
  readonly artifacts: readonly PlacedArtifact[];
  /** What they would use too, but the lock has no digests of. */
  readonly unpinned: readonly UnpinnedImageArtifact[];
}
