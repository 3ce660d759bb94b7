import { closeSync, openSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AgentContext } from '../context.ts';
import { requestReset } from '../reset/run-reset.ts';
import { type CardSteps, namesOnCard } from './fat-folder.ts';

const resetFile = /^factory-reset(\.txt)?$/i;

/**
 * Asks for a factory reset if the owner put the file for it on the card, and restarts the device: the reset has to run
 * before everything else. Gives true if the device restarts.
 */
export async function takeReset(context: AgentContext, steps: CardSteps): Promise<boolean> {
  const { paths, look, report } = context;
  const places = namesOnCard(paths.fatFolder, resetFile).map((name) => join(paths.fatFolder, name));
  if (places.length === 0) return false;
  try {
    // A card that can't be written to would ask for a reset at each start.
    for (const path of places) closeSync(openSync(path, 'r+'));
    requestReset(paths);
    for (const path of places) removeFile(path, steps);
  } catch (error) {
    rmSync(paths.resetFile, { force: true });
    report(`factory reset: not possible, ${(error as NodeJS.ErrnoException).code ?? 'unknown'} on the card`);
    return false;
  }
  report('factory reset: asked for by a file on the card, restarting');
  const { exitCode } = await look.run('systemctl', ['--no-block', 'reboot']);
  if (exitCode !== 0) report('factory reset: the restart did not begin; it is done at the next start');
  return true;
}

function removeFile(path: string, steps: CardSteps): void {
  steps.remove(path);
  const folder = steps.openFolder(dirname(path));
  try {
    steps.sync(folder);
  } finally {
    steps.close(folder);
  }
}
