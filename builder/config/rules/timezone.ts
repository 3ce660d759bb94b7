import { suggest } from '../../text/suggest.ts';
import type { Problem } from './problem.ts';

/**
 * Names that Node's table of zones still has and Debian 13's tzdata moved away (to tzdata-legacy), with today's name.
 * Compared zone by zone with tzdata 2026 in November 2026.
 */
const renamed: Readonly<Record<string, string>> = {
  'Africa/Asmera': 'Africa/Asmara',
  'America/Buenos_Aires': 'America/Argentina/Buenos_Aires',
  'America/Catamarca': 'America/Argentina/Catamarca',
  'America/Cordoba': 'America/Argentina/Cordoba',
  'America/Godthab': 'America/Nuuk',
  'America/Indianapolis': 'America/Indiana/Indianapolis',
  'America/Jujuy': 'America/Argentina/Jujuy',
  'America/Louisville': 'America/Kentucky/Louisville',
  'America/Mendoza': 'America/Argentina/Mendoza',
  'Asia/Calcutta': 'Asia/Kolkata',
  'Asia/Katmandu': 'Asia/Kathmandu',
  'Asia/Rangoon': 'Asia/Yangon',
  'Asia/Saigon': 'Asia/Ho_Chi_Minh',
  'Atlantic/Faeroe': 'Atlantic/Faroe',
  'Europe/Kiev': 'Europe/Kyiv',
  'Pacific/Enderbury': 'Pacific/Kanton',
  'Pacific/Ponape': 'Pacific/Pohnpei',
  'Pacific/Truk': 'Pacific/Chuuk',
};

/** A time zone by its name in the IANA table. */
export function timezoneProblem(value: string): Problem | undefined {
  const newName = renamed[value];
  if (newName !== undefined) {
    return { message: 'is an old name that Debian 13 no longer has', help: `write "${newName}"` };
  }
  const zones = knownZones();
  if (zones.has(value)) return undefined;
  const meant = zoneByCity(value, zones) ?? suggest(value, zones);
  return {
    message: `${JSON.stringify(value)} is not a time zone of the IANA table`,
    help: meant === undefined ? 'for example "Europe/London" or "UTC"' : `did you mean "${meant}"?`,
  };
}

function knownZones(): ReadonlySet<string> {
  const zones = new Set([...Intl.supportedValuesOf('timeZone'), ...Object.values(renamed), 'UTC', 'Etc/UTC']);
  for (const oldName of Object.keys(renamed)) zones.delete(oldName);
  return zones;
}

/** "berlin" or "Germany/Berlin" → "Europe/Berlin". */
function zoneByCity(value: string, zones: ReadonlySet<string>): string | undefined {
  const city = value.split('/').at(-1)?.toLowerCase().replaceAll(' ', '_') ?? '';
  return [...zones].find((zone) => zone.toLowerCase().split('/').at(-1) === city);
}
