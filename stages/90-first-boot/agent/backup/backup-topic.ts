import type { Topic } from '../setup/define.ts';
import { placeFields, placeProblems } from './place-fields.ts';

export const defaultKeep = 7;

/** Where the nightly backup goes. */
export const backupTopic: Topic = {
  id: 'backup',
  order: 140,
  title: { en: 'Where shall the nightly backup go?', de: 'Wohin soll die nächtliche Sicherung?' },
  short: { en: 'Backup', de: 'Sicherung' },
  text: {
    en: 'Answers, keys and data of this device. A memory card fails one day: a backup elsewhere brings all of it back on a new one.',
    de: 'Angaben, Schlüssel und Daten dieses Geräts. Eine Speicherkarte geht irgendwann kaputt: Eine Sicherung an anderer Stelle bringt alles auf eine neue zurück.',
  },
  isOptional: true,
  fields: [
    ...placeFields,
    {
      kind: 'choice',
      name: 'encrypt',
      label: { en: 'Encrypt', de: 'Verschlüsseln' },
      help: {
        en: 'The device makes a recovery key and shows it on the status page. In an S3 store backups are always encrypted.',
        de: 'Das Gerät erzeugt einen Wiederherstellungsschlüssel und zeigt ihn auf der Statusseite. In einem S3-Speicher sind Sicherungen immer verschlüsselt.',
      },
      isOptional: true,
      onlyIf: ({ where }) => where === 'smb' || where === 'folder',
      choices: [
        { value: 'yes', label: { en: 'Yes', de: 'Ja' } },
        {
          value: 'no',
          label: { en: 'No', de: 'Nein' },
          help: {
            en: 'Whoever can read the place can read all passwords in it.',
            de: 'Wer den Ort lesen kann, kann alle Passwörter darin lesen.',
          },
        },
      ],
      prefill: async () => 'yes',
    },
    {
      kind: 'text',
      name: 'keep',
      label: { en: 'How many backups stay', de: 'Wie viele Sicherungen bleiben' },
      isOptional: true,
      maxLength: 3,
      inputMode: 'numeric',
      autocomplete: 'off',
      prefill: async () => String(defaultKeep),
      validate: (value) =>
        /^[1-9]\d{0,2}$/.test(value)
          ? undefined
          : { en: 'A number from 1 to 999.', de: 'Eine Zahl von 1 bis 999.' },
    },
  ],
  validate: placeProblems,
};
