import { basename, dirname, join } from 'node:path';
import type { DeviceLook } from '../device/door.ts';
import { readIfThere } from '../device/look.ts';
import type { CheckResult } from '../setup/define.ts';

/**
 * What the kernel says about a partition (its folder in /sys) and the card it is on: errors of ext4, wear of an eMMC.
 * Undefined if it says nothing, as for a FAT partition on an SD card.
 */
export function diskHealth(look: DeviceLook, partition: string): CheckResult | undefined {
  const errors = numberAt(join(look.path('/sys/fs/ext4'), basename(partition), 'errors_count'));
  if (errors !== undefined && errors > 0) return hasErrors;
  const card = join(dirname(partition), 'device');
  const wear = wearOf(card);
  if (wear !== undefined) return wear;
  return errors === undefined ? undefined : good;
}

/** JEDEC's numbers: tenths of the life for both kinds of cells, and a warning level of the reserve. */
function wearOf(card: string): CheckResult | undefined {
  const reserve = numberAt(join(card, 'pre_eol_info')) ?? 0;
  const tenths = (readIfThere(join(card, 'life_time')) ?? '').trim().split(/\s+/).map(Number);
  const used = Math.max(0, ...tenths.filter((value) => Number.isFinite(value)));
  if (reserve >= 3 || used >= 11) return wornOut;
  if (reserve === 2 || used >= 9) return worn;
  return reserve === 1 || used > 0 ? good : undefined;
}

function numberAt(path: string): number | undefined {
  const text = readIfThere(path)?.trim();
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

const good: CheckResult = { state: 'good', meaning: { en: 'No errors.', de: 'Keine Fehler.' } };

const worn: CheckResult = {
  state: 'warning',
  meaning: { en: 'The memory is nearly worn out.', de: 'Der Speicher ist fast abgenutzt.' },
  todo: {
    en: 'Please make a backup, and think of a new card.',
    de: 'Bitte machen Sie eine Sicherung und denken Sie an eine neue Karte.',
  },
};

const wornOut: CheckResult = {
  state: 'bad',
  meaning: { en: 'The memory is worn out.', de: 'Der Speicher ist abgenutzt.' },
  todo: {
    en: 'Please make a backup soon and replace the card.',
    de: 'Bitte machen Sie bald eine Sicherung und ersetzen Sie die Karte.',
  },
};

const hasErrors: CheckResult = {
  state: 'bad',
  meaning: { en: 'The file system has errors.', de: 'Das Dateisystem hat Fehler.' },
  todo: {
    en: 'Please make a backup soon. Restart the device: it repairs what it can. If the errors come back, replace the card.',
    de: 'Bitte machen Sie bald eine Sicherung. Starten Sie das Gerät neu: Es repariert, was möglich ist. Kommen die Fehler wieder, ersetzen Sie die Karte.',
  },
};
