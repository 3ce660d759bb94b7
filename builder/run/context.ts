import type { ToolsTree } from '../host/tools-tree.ts';
import type { LayerStore } from '../plan/layer-store.ts';
import type { Stage } from '../stage/stage.ts';
import type { Emit } from './events.ts';

/** Everything that one build needs; made once by the command line. */
export interface BuildContext {
  readonly projectDir: string;
  readonly cacheDir: string;
  /** This build's own folder below the cache; removed at its end. */
  readonly workDir: string;
  /** One log for each stage, with its full output. */
  readonly logDir: string;
  readonly store: LayerStore;
  readonly tools: ToolsTree;
  /** Debian's release. */
  readonly suite: string;
  /** No step gets a network. */
  readonly isOffline: boolean;
  /** The public archive that the finished device uses. */
  readonly deviceMirror: { readonly main: string; readonly security: string };
  /** Times in the image are not later than this. */
  readonly epochSeconds: number;
  readonly version: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

/** A stage with what it may see of the config. */
export interface StageInput {
  readonly stage: Stage;
  readonly previous: Stage | undefined;
  /** The config values that its templates may name. */
  readonly data: Readonly<Record<string, unknown>>;
  /** The variables made from these values. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Debian's name of the image's architecture. */
export const imageArchitecture = 'arm64';
