import type { History } from '../plan/history.ts';
import type { Action } from '../plan/planner.ts';
import { buildSteps } from '../stage/build-steps.ts';
import type { Stage } from '../stage/stage.ts';

/** The name under which the history keeps how long a step took. */
export function durationKey(stage: string, step: string): string {
  return `${stage}/${step}`;
}

/** Says how long the rest of a build takes, from how long its steps took last time. */
export class Estimate {
  readonly #pending: { readonly key: string; readonly ms: number | undefined }[];

  constructor(stages: readonly Stage[], actions: readonly Action[], history: History) {
    const names = stages.flatMap((stage, index) => {
      if (actions[index]?.kind !== 'build') return [];
      const image = stage.exportImage === undefined ? [] : [durationKey(stage.name, 'image')];
      return [...buildSteps(stage).map((step) => durationKey(stage.name, step.label)), ...image];
    });
    this.#pending = names.map((key) => ({ key, ms: history.durations[key] }));
  }

  /** Milliseconds from the start of this step to the end; undefined while a step that never ran is among them. */
  leftFrom(stage: string, step: string): number | undefined {
    const index = this.#pending.findIndex(({ key }) => key === durationKey(stage, step));
    if (index < 0) return undefined;
    let sum = 0;
    for (const { ms } of this.#pending.slice(index)) {
      if (ms === undefined) return undefined;
      sum += ms;
    }
    return sum;
  }
}
