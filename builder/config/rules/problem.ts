import type { z } from 'zod';

/** What is wrong with one value, without its place. */
export interface Problem {
  /** Continues "KEY: …". */
  readonly message: string;
  /** Stands at the value: the cure, or an example. */
  readonly help?: string;
}

/** Turns a rule into a check for zod's superRefine. */
export function obeys(
  rule: (value: string) => Problem | undefined,
): (value: string, context: z.RefinementCtx) => void {
  return (value, context) => {
    const problem = rule(value);
    if (problem === undefined) return;
    context.addIssue({ code: 'custom', message: problem.message, params: { help: problem.help } });
  };
}
