import { existsSync } from 'node:fs';
import type { AgentContext } from '../context.ts';
import { type CardSteps, hasCard, realCardSteps } from './fat-folder.ts';
import { journalLines, mergeOutcomes } from './outcome.ts';
import { writeResult } from './result-file.ts';
import type { Step } from './step.ts';
import { takeImager } from './take-imager.ts';
import { takeReset } from './take-reset.ts';
import { takeYaml } from './take-yaml.ts';

/**
 * Takes over what the owner left on the card's FAT partition: a wish for a factory reset, the settings of Raspberry Pi
 * Imager, and hearth.yaml, which has the last word. Answers are safely stored before a secret is removed from the card;
 * after a power cut at any moment the next run goes on.
 *
 * Runs as root before anything else that knows the answers. Gives the exit code: 0 done, or nothing there; 1 something
 * could not be done.
 */
export async function runCard(context: AgentContext): Promise<number> {
  return await runCardWith(context, realCardSteps);
}

/** The same with other hands on the disk: tests cut the power between any two of its steps. */
export async function runCardWith(context: AgentContext, steps: CardSteps): Promise<number> {
  const { paths, report } = context;
  if (!hasCard(paths.fatFolder)) {
    report('no FAT partition: nothing is taken from the card');
    return 0;
  }
  // The reset of this start did not come to its end: it is done again before anything new is taken.
  if (existsSync(paths.resetFile)) return 0;
  if (await takeReset(context, steps)) return 0;
  const found: Step[] = [];
  let isDone = true;
  for (const take of [takeImager, takeYaml]) {
    try {
      const step = await take(context, steps);
      if (step !== undefined) found.push(step);
    } catch (error) {
      report(`the card could not be read: ${nameOf(error)}`);
      isDone = false;
    }
  }
  return tell(found, context, steps) && isDone ? 0 : 1;
}

/** Tells first, then cleans: what is gone from the card can't be told again. */
function tell(found: readonly Step[], { paths, report }: AgentContext, steps: CardSteps): boolean {
  const outcomes = found.flatMap(({ outcome }) => (outcome === undefined ? [] : [outcome]));
  const jobs = found.map(({ clean }) => ({ what: 'secrets are still on the card', run: clean }));
  if (outcomes.length > 0) {
    const outcome = mergeOutcomes(outcomes);
    for (const line of journalLines(outcome)) report(line);
    jobs.unshift({ what: 'hearth-card.txt', run: () => writeResult(paths.fatFolder, outcome, steps) });
  }
  let isDone = true;
  for (const { what, run } of jobs) {
    try {
      run();
    } catch (error) {
      report(`${what}: ${nameOf(error)}`);
      isDone = false;
    }
  }
  return isDone;
}

/** Never the message: it may quote what was read. */
function nameOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.name : 'unknown');
}
