import { StepFailure, type StepTask } from '../../90-first-boot/agent/device/door.ts';
import type { SetupStep } from '../../90-first-boot/agent/setup/define.ts';
import { changeFile, forgetOriginal, originalOf, putBack } from './originals.ts';
import { settle } from './settle.ts';

const zoneFile = '/etc/timezone';

/** Sets the time zone. */
export const timezoneStep: SetupStep = {
  id: 'system.timezone',
  order: 20,
  title: { en: 'Setting the time zone', de: 'Zeitzone einstellen' },
  uses: ['time'],
  seconds: 2,
  run: async (task) => {
    const zone = task.answers('time')?.['zone'];
    if (zone === undefined) return;
    if (!isZone(task, zone)) throw new StepFailure(failures.unknown, failures.chooseAgain);
    changeFile(task, zoneFile, `${zone}\n`);
    await link(task, zone);
  },
  undo: async (task) => {
    const original = originalOf(task, zoneFile);
    if (original === undefined) return;
    putBack(task, zoneFile);
    await link(task, original?.trim() || 'Etc/UTC');
    forgetOriginal(task, zoneFile);
  },
};

async function link(task: StepTask, zone: string): Promise<void> {
  // ln makes it aside and renames it: there is always a time zone. systemd and new programs take notice by themselves.
  await task.must('ln', ['-sfT', `../usr/share/zoneinfo/${zone}`, '/etc/localtime']);
  await settle(task);
}

function isZone(task: StepTask, zone: string): boolean {
  return (
    /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(zone) &&
    task.read(`/usr/share/zoneinfo/${zone}`) !== undefined
  );
}

const failures = {
  unknown: { en: 'The device does not know this time zone.', de: 'Das Gerät kennt diese Zeitzone nicht.' },
  chooseAgain: { en: 'Please choose another time zone.', de: 'Bitte wählen Sie eine andere Zeitzone.' },
} as const;
