import type { AgentContext } from '../context.ts';
import type { StatusView } from '../door/protocol.ts';
import { describeError } from './describe-error.ts';
import { withTimeLimit } from './time-limit.ts';

type Service = StatusView['services'][number];

const limitMs = 4_000;

/** The services that are no units, as the stages see them, side by side. One that can not be looked at is `unknown`. */
export async function servicesOfStages({ setups, look, report }: AgentContext): Promise<readonly Service[]> {
  const seen = await Promise.all(
    setups.services.map(async ({ name, description, look: lookAt }) => {
      const state = await withTimeLimit(lookAt(look), limitMs, 'unknown' as const).catch((error: unknown) => {
        report(`the state of a service is not known: ${describeError(error)}`);
        return 'unknown' as const;
      });
      return state === undefined ? [] : [{ name, description, state }];
    }),
  );
  return seen.flat();
}
