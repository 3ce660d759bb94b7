import type { AgentContext } from '../context.ts';
import type { DoctorResult } from '../door/protocol.ts';
import type { CheckResult } from '../setup/define.ts';
import { describeError } from './describe-error.ts';
import { withTimeLimit } from './time-limit.ts';

const limitMs = 25_000;

/** Runs all checks, side by side. One that can not look says so; it stops no other. Also for hearthctl. */
export function runDoctor(context: AgentContext): Promise<readonly DoctorResult[]> {
  const runs = context.setups.checks.map(async ({ id, title, stage, run }) => {
    const result = await withTimeLimit(attempt(context, id, run), limitMs, tookTooLong);
    return { id, title, stage, ...result };
  });
  return Promise.all(runs);
}

async function attempt(
  { look, report }: AgentContext,
  id: string,
  run: AgentContext['setups']['checks'][number]['run'],
): Promise<CheckResult> {
  try {
    return await run(look);
  } catch (error) {
    report(`check ${id}: ${describeError(error)}`);
    return couldNotLook;
  }
}

const todo = {
  en: 'Please try again in a few minutes. If it stays so, the support bundle tells more.',
  de: 'Bitte versuchen Sie es in einigen Minuten noch einmal. Bleibt es so, steht im Support-Paket mehr dazu.',
} as const;

const couldNotLook: CheckResult = {
  state: 'warning',
  meaning: { en: 'This could not be checked.', de: 'Das konnte nicht geprüft werden.' },
  todo,
};

const tookTooLong: CheckResult = {
  state: 'warning',
  meaning: { en: 'This check took too long.', de: 'Diese Prüfung hat zu lange gedauert.' },
  todo,
};
