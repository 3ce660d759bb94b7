import type { Keeper } from './keeper.ts';

export const applierUnit = 'hearth-apply.service';

/** Has systemd start the applier. It reads for itself what is to do; if it runs already, this changes nothing. */
export async function startApplier({ context }: Pick<Keeper, 'context'>): Promise<void> {
  const started = await context.look.run('systemctl', ['start', '--no-block', applierUnit], {
    timeoutMs: 20_000,
  });
  if (started.exitCode !== 0) throw new Error(`${applierUnit} did not start: exit code ${started.exitCode}`);
}
