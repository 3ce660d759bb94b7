import { StepFailure } from '../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../90-first-boot/agent/setup/define.ts';
import { claim, claimCode, knownAccount } from './account.ts';
import { accountFile } from './places.ts';

/**
 * Exchanges a claim code that came from the card: nobody could do it before there was a network. Right after the network,
 * as the code lives for minutes. For answers of the page it has nothing to do.
 */
export const accountStep: SetupStep = {
  id: 'plex.account',
  order: 45,
  title: { en: 'Signing in at Plex', de: 'Bei Plex anmelden' },
  uses: ['plex'],
  seconds: 3,
  isOptional: true,
  run: async (task) => {
    const values = task.answers('plex') ?? {};
    if (values['claim'] === undefined || knownAccount(values, task) !== undefined) return;
    const code = claimCode(values['claim']);
    const claimed = await claim({ code, machineId: values['machineId'] }, task, task.signal);
    if ('problem' in claimed) throw new StepFailure(claimed.problem, newCode);
    task.write(accountFile, `${JSON.stringify(claimed.account)}\n`, 0o600);
  },
  undo: async (task) => {
    task.remove(accountFile);
  },
};

const newCode = {
  en: 'Open "Plex" among your answers, enter a new code from plex.tv/claim and save. Or go on without Plex.',
  de: 'Öffnen Sie „Plex“ bei Ihren Angaben, tragen Sie einen neuen Code von plex.tv/claim ein und speichern Sie. Oder fahren Sie ohne Plex fort.',
} as const;
