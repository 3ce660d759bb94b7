import type { DeviceLook } from '../../90-first-boot/agent/device/door.ts';
import type { Choice, Topic } from '../../90-first-boot/agent/setup/define.ts';

/** Where the device stands, for its clock. */
export const timeTopic: Topic = {
  id: 'time',
  order: 30,
  title: { en: 'Which time zone is the device in?', de: 'In welcher Zeitzone steht das Gerät?' },
  short: { en: 'Time zone', de: 'Zeitzone' },
  text: {
    en: 'The clock sets itself from the Internet. Summer time is taken care of.',
    de: 'Die Uhr stellt sich über das Internet von selbst, auch auf Sommerzeit.',
  },
  isOptional: false,
  fields: [
    {
      kind: 'choice',
      name: 'zone',
      label: { en: 'Time zone', de: 'Zeitzone' },
      help: {
        en: 'The nearest big city, sorted by continent.',
        de: 'Die nächste große Stadt, nach Kontinenten sortiert (englische Namen).',
      },
      choices: zoneChoices,
      prefill: async (device) => currentZone(device),
    },
  ],
};

/** The time zones that this device knows. Without its list: only the one that is set. */
export async function zoneChoices(device: DeviceLook): Promise<readonly Choice[]> {
  // The one with a line for each country: people look for their own capital.
  const table =
    device.read('/usr/share/zoneinfo/zone.tab') ?? device.read('/usr/share/zoneinfo/zone1970.tab') ?? '';
  const listed = table
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .flatMap((line) => line.split('\t')[2]?.trim() ?? []);
  const names = new Set([...listed, currentZone(device) ?? 'Etc/UTC', 'Etc/UTC', 'UTC']);
  return [...names].sort().map((name) => ({ value: name, label: name.replaceAll('_', ' ') }));
}

/** The zone that is set now: `Europe/Berlin`. */
export function currentZone(device: DeviceLook): string | undefined {
  return device.read('/etc/timezone')?.trim() || undefined;
}
