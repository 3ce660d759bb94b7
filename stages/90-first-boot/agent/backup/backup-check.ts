import type { DeviceLook } from '../device/door.ts';
import { devicePaths } from '../device/paths.ts';
import type { CheckResult, DoctorCheck } from '../setup/define.ts';
import type { LocalText } from '../text/local-text.ts';
import { unfinishedRestore } from './restore.ts';
import { readBackupSettings } from './settings.ts';
import { readBackupState } from './state.ts';

const dayMs = 24 * 3_600_000;

/** The last good backup is not older than two days. */
export const backupCheck: DoctorCheck = makeBackupCheck(() => new Date());

/** The same with another clock, for tests. */
export function makeBackupCheck(now: () => Date): DoctorCheck {
  return {
    id: 'backup.age',
    title: { en: 'Backup', de: 'Sicherung' },
    run: async (device) => look(device, now()),
  };
}

function look(device: DeviceLook, now: Date): CheckResult {
  const paths = devicePaths(device.path('/'));
  if (unfinishedRestore(paths)) return { state: 'bad', ...texts.cutOff };
  if (readBackupSettings(paths) === undefined) return withoutBackup(device);
  const { lastGood, failure } = readBackupState(paths);
  const ageMs = lastGood === undefined ? undefined : now.getTime() - Date.parse(lastGood.at);
  if (ageMs !== undefined && ageMs <= 2 * dayMs)
    return failure === undefined ? { state: 'good', meaning: texts.good } : failed(failure, 'warning');
  if (failure !== undefined) return failed(failure, 'bad');
  return ageMs === undefined ? { state: 'warning', ...texts.none } : { state: 'bad', ...texts.old };
}

/** Only who has something that can not be made again needs one. */
function withoutBackup(device: DeviceLook): CheckResult {
  const hasData = device.read('/var/lib/hearth/mastodon/keys.json') !== undefined;
  if (!hasData) return { state: 'good', meaning: texts.notSetUp.meaning };
  return { state: 'warning', ...texts.notSetUp };
}

function failed(
  { why, todo }: { readonly why: LocalText; readonly todo?: LocalText },
  state: 'warning' | 'bad',
): CheckResult {
  const reason = (language: string) => (typeof why === 'string' ? why : (why[language] ?? why.en));
  return {
    state,
    meaning: {
      en: `The last backup failed: ${reason('en')}`,
      de: `Die letzte Sicherung ist fehlgeschlagen: ${reason('de')}`,
    },
    todo: todo ?? texts.none.todo,
  };
}

const now = {
  en: 'Try it in a terminal: sudo hearthctl backup now',
  de: 'Versuchen Sie es in einem Terminal: sudo hearthctl backup now',
};

const texts = {
  good: {
    en: 'The last backup is not older than two days.',
    de: 'Die letzte Sicherung ist höchstens zwei Tage alt.',
  },
  notSetUp: {
    meaning: { en: 'No backup is set up.', de: 'Es ist keine Sicherung eingerichtet.' },
    todo: {
      en: 'Set one up on the status page, "Backup": a memory card fails one day.',
      de: 'Richten Sie auf der Statusseite unter „Sicherung“ eine ein: Eine Speicherkarte geht irgendwann kaputt.',
    },
  },
  none: {
    meaning: {
      en: 'There is no backup yet. The first one is made tonight.',
      de: 'Es gibt noch keine Sicherung. Die erste wird heute Nacht gemacht.',
    },
    todo: now,
  },
  old: {
    meaning: {
      en: 'The last good backup is older than two days.',
      de: 'Die letzte gute Sicherung ist älter als zwei Tage.',
    },
    todo: now,
  },
  cutOff: {
    meaning: {
      en: 'Bringing back a backup was cut off.',
      de: 'Das Zurückspielen einer Sicherung wurde unterbrochen.',
    },
    todo: {
      en: 'Do it again in a terminal: sudo hearthctl backup restore NAME',
      de: 'Wiederholen Sie es in einem Terminal: sudo hearthctl backup restore NAME',
    },
  },
} as const;
