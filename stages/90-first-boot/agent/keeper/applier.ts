import type { Keeper } from './keeper.ts';

export const applierUnit = 'hearth-apply.service';

const secondLookMs = 2_000;

/**
 * Has systemd start the applier. It reads for itself what is to do; if it runs already, this changes nothing. One that is
 * just about to end does not see an answer that came after its last look: so it is started once more a little later.
 */
export async function startApplier({ context }: Pick<Keeper, 'context'>): Promise<void> {
  const start = async () =>
    await context.look.run('systemctl', ['start', '--no-block', applierUnit], { timeoutMs: 20_000 });
  const { exitCode } = await start();
  if (exitCode !== 0) throw new Error(`${applierUnit} did not start: exit code ${exitCode}`);
  setTimeout(() => void start(), secondLookMs).unref();
}
