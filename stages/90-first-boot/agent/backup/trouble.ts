import { StepFailure } from '../device/door.ts';
import type { LocalText } from '../text/local-text.ts';

/** There is no disk where the backups belong. */
export function noDisk(folder: string): StepFailure {
  return new StepFailure(
    {
      en: `No disk of its own is mounted at ${folder}.`,
      de: `Bei ${folder} ist kein eigenes Laufwerk eingehängt.`,
    },
    {
      en: 'Plug the disk in and mount it there. A backup on the memory card itself would be lost with the card.',
      de: 'Schließen Sie das Laufwerk an und hängen Sie es dort ein. Eine Sicherung auf der Speicherkarte selbst ginge mit der Karte verloren.',
    },
  );
}

/** The place of the backups is full. */
export function fullPlace(
  place: string,
  room?: { readonly neededBytes: number; readonly freeBytes: number },
): StepFailure {
  const en =
    room === undefined ? '' : `: ${mebibytes(room.neededBytes)} needed, ${mebibytes(room.freeBytes)} free`;
  const de =
    room === undefined ? '' : `: ${mebibytes(room.neededBytes)} nötig, ${mebibytes(room.freeBytes)} frei`;
  return new StepFailure(
    { en: `There is not enough room at ${place}${en}.`, de: `Bei ${place} ist nicht genug Platz${de}.` },
    {
      en: 'Make room there, or keep fewer backups. The older backups are whole.',
      de: 'Schaffen Sie dort Platz, oder bewahren Sie weniger Sicherungen auf. Die älteren Sicherungen sind vollständig.',
    },
  );
}

/** The device itself has no room for what a backup needs meanwhile. */
export function fullDevice(neededBytes: number, freeBytes: number): StepFailure {
  return new StepFailure(
    {
      en: `The device has too little free room for this: ${mebibytes(neededBytes)} needed, ${mebibytes(freeBytes)} free.`,
      de: `Auf dem Gerät ist dafür zu wenig Platz frei: ${mebibytes(neededBytes)} nötig, ${mebibytes(freeBytes)} frei.`,
    },
    {
      en: 'Delete what you no longer need, then try again.',
      de: 'Löschen Sie, was Sie nicht mehr brauchen, und versuchen Sie es dann noch einmal.',
    },
  );
}

/** Why the place of the backups did not work, for a StepFailure: text and what to do. */
export function troubleAt(
  place: string,
  reason: { readonly en: string; readonly de: string },
): readonly [why: LocalText, todo: LocalText] {
  return [
    {
      en: `The place of the backups, ${place}, did not work. ${reason.en}`,
      de: `Der Ort der Sicherungen, ${place}, hat nicht funktioniert. ${reason.de}`,
    },
    {
      en: 'Check the settings of the backup and the connection, then try again.',
      de: 'Prüfen Sie die Angaben zur Sicherung und die Verbindung, und versuchen Sie es dann noch einmal.',
    },
  ];
}

/** The backup can not be used. */
export function badBackup(name: string, reason: string): StepFailure {
  return new StepFailure(
    {
      en: `The backup ${name} is damaged or not whole: ${reason}.`,
      de: `Die Sicherung ${name} ist beschädigt oder unvollständig: ${reason}.`,
    },
    { en: 'Use an older backup.', de: 'Verwenden Sie eine ältere Sicherung.' },
  );
}

/** The key does not fit, or there is none. */
export function wrongKey(name: string): StepFailure {
  return new StepFailure(
    {
      en: `The backup ${name} can not be opened with this recovery key.`,
      de: `Die Sicherung ${name} lässt sich mit diesem Wiederherstellungsschlüssel nicht öffnen.`,
    },
    {
      en: 'Enter the recovery key of the device that made the backup. It begins with AGE-SECRET-KEY-1.',
      de: 'Geben Sie den Wiederherstellungsschlüssel des Geräts ein, das die Sicherung gemacht hat. Er beginnt mit AGE-SECRET-KEY-1.',
    },
  );
}

/** No backup of that name, or none at all. */
export function noBackup(name?: string): StepFailure {
  return new StepFailure(
    name === undefined
      ? { en: 'There is no backup there.', de: 'Dort liegt keine Sicherung.' }
      : { en: `There is no backup called ${name}.`, de: `Es gibt keine Sicherung namens ${name}.` },
    { en: 'See: hearthctl backup list', de: 'Siehe: hearthctl backup list' },
  );
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / (1024 * 1024))} MiB`;
}
