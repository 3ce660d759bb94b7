import type { DownloadProgress } from '../host/download.ts';
import type { Action } from '../plan/planner.ts';

/** What a build tells its listeners. The core only emits; the command line prints. */
export type BuildEvent =
  | { readonly type: 'planned'; readonly actions: readonly Action[] }
  | { readonly type: 'taskStarted'; readonly task: string }
  | { readonly type: 'stageStarted'; readonly stage: string; readonly reason: string }
  | {
      readonly type: 'stepStarted';
      readonly stage: string;
      readonly step: string;
      /** What the rest of the build took last time, if that is known. */
      readonly leftMs?: number | undefined;
    }
  | { readonly type: 'downloading'; readonly progress: DownloadProgress }
  /** A line of a program's output. */
  | { readonly type: 'output'; readonly line: string }
  | {
      readonly type: 'stageFinished';
      readonly stage: string;
      readonly result: 'built' | 'reused' | 'skipped';
      readonly reason: string;
      readonly durationMs: number;
    }
  | {
      readonly type: 'taskFinished';
      readonly task: string;
      readonly durationMs: number;
      readonly note?: string;
    }
  /** Said once, in passing. */
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'warning'; readonly text: string };

export type Emit = (event: BuildEvent) => void;
