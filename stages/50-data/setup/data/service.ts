import { StepFailure, type StepTask } from '../../../90-first-boot/agent/device/door.ts';
import { fullMark } from './places.ts';

/** Starts a service, or starts it again when its settings are others, and fails if it does not run then. */
export async function startService(task: StepTask, unit: string, isChanged: boolean): Promise<void> {
  if (task.read(fullMark) !== undefined) throw diskFull();
  await task.must('systemctl', ['daemon-reload']);
  await task.must('systemctl', [isChanged ? 'restart' : 'start', unit], { timeoutMs: 900_000 });
  const { stdout } = await task.run('systemctl', ['is-active', unit], { timeoutMs: 10_000 });
  if (stdout.trim() === 'active') return;
  throw new StepFailure(
    { en: `The service ${unit} does not run.`, de: `Der Dienst ${unit} läuft nicht.` },
    {
      en: `Restart the device. If it stays so, "journalctl -u ${unit}" tells more.`,
      de: `Starten Sie das Gerät neu. Bleibt es so, sagt „journalctl -u ${unit}“ mehr.`,
    },
  );
}

/** The failure of a step that has no room for data. */
export function diskFull(): StepFailure {
  return new StepFailure(
    { en: 'There is no room left for data.', de: 'Es ist kein Platz mehr für Daten.' },
    {
      en: 'Make room on the card or disk of this device, or use a larger one; at least 1 GB has to be free. Then try again.',
      de: 'Schaffen Sie Platz auf der Karte oder dem Datenträger dieses Geräts, oder nehmen Sie einen größeren; mindestens 1 GB muss frei sein. Versuchen Sie es dann noch einmal.',
    },
  );
}
