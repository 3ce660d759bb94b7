import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DeviceLook, StepFailure } from '../device/door.ts';
import { devicePaths } from '../device/paths.ts';
import { makeFolders } from '../files/durable-folder.ts';
import type { Answers, Exchanged, Topic, Values } from '../setup/define.ts';
import { answersName } from './manifest.ts';
import { openTarget } from './open-target.ts';
import { placeFields, placeOf, placeProblems } from './place-fields.ts';
import { findBackup, openBackup, readTrouble } from './read.ts';
import { readFirst } from './unpack.ts';

const keyPattern = /^AGE-SECRET-KEY-1[A-Z0-9]{58}$/;

/** Begins with a backup of another device: asked only while this one is not set up. */
export const restoreTopic: Topic = {
  id: 'restore',
  order: 5,
  title: { en: 'Begin with a backup?', de: 'Mit einer Sicherung beginnen?' },
  short: { en: 'Restore', de: 'Wiederherstellen' },
  text: {
    en: 'Only if a Hearth device made a backup before. Its answers are filled in, and its data come back. Never let the old device and this one run at the same time.',
    de: 'Nur wenn ein Hearth-Gerät zuvor eine Sicherung gemacht hat. Dessen Angaben werden eingetragen, und die Daten kommen zurück. Lassen Sie das alte Gerät und dieses nie gleichzeitig laufen.',
  },
  isOptional: true,
  fields: [
    ...placeFields,
    {
      kind: 'secret',
      name: 'recoveryKey',
      label: { en: 'Recovery key', de: 'Wiederherstellungsschlüssel' },
      help: {
        en: 'Begins with AGE-SECRET-KEY-1. Empty if the backups are not encrypted.',
        de: 'Beginnt mit AGE-SECRET-KEY-1. Leer, wenn die Sicherungen nicht verschlüsselt sind.',
      },
      isOptional: true,
      isNew: false,
      maxLength: 100,
      autocomplete: 'off',
      validate: (value) =>
        keyPattern.test(value.trim())
          ? undefined
          : { en: 'This is no recovery key.', de: 'Das ist kein Wiederherstellungsschlüssel.' },
    },
    {
      kind: 'text',
      name: 'backup',
      label: { en: 'Name of the backup', de: 'Name der Sicherung' },
      help: { en: 'Empty: the newest one there.', de: 'Leer: die neueste, die dort liegt.' },
      isOptional: true,
      maxLength: 120,
      autocomplete: 'off',
    },
  ],
  validate: placeProblems,
  isAvailable: async (device) => device.read('/var/lib/hearth/complete') === undefined,
  exchange: lookIntoBackup,
};

/** Opens the backup as far as its answers: so the owner sees at once whether place, key and name are right. */
async function lookIntoBackup(values: Values, device: DeviceLook, signal: AbortSignal): Promise<Exchanged> {
  const task = { ...device, signal };
  const target = openTarget(device, placeOf(values));
  try {
    const backup = await findBackup({ target, task }, { name: values['backup'] || undefined });
    return await withKeyFile(device, values, async (keyFile) => {
      try {
        const { text } = await readFirst(await openBackup({ target, task }, backup, keyFile), answersName);
        const others = Object.fromEntries(
          Object.entries(JSON.parse(text) as Answers).filter(([topic]) => topic !== restoreTopic.id),
        );
        return { values: { ...values, backup: backup.name }, others };
      } catch (error) {
        throw readTrouble(backup.name, error);
      }
    });
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    return { problems: [{ message: joined(error) }] };
  }
}

/** age takes a key from a file only: one that root alone can read, in memory, gone right after. */
export async function withKeyFile<Result>(
  device: Pick<DeviceLook, 'path'>,
  values: Values,
  work: (keyFile: string | undefined) => Promise<Result>,
): Promise<Result> {
  const key = values['recoveryKey']?.trim() ?? '';
  if (key === '') return await work(undefined);
  const { runFolder } = devicePaths(device.path('/'));
  makeFolders(runFolder, 0o755);
  const file = join(runFolder, `backup-${randomBytes(8).toString('hex')}`);
  writeFileSync(file, `${key}\n`, { mode: 0o600, flag: 'wx' });
  try {
    return await work(file);
  } finally {
    rmSync(file, { force: true });
  }
}

function joined({ why, todo = '' }: StepFailure) {
  const say = (text: StepFailure['why'], language: string) =>
    typeof text === 'string' ? text : (text[language] ?? text.en);
  return {
    en: `${say(why, 'en')} ${say(todo, 'en')}`.trim(),
    de: `${say(why, 'de')} ${say(todo, 'de')}`.trim(),
  };
}
