import { StepFailure } from '../device/door.ts';
import { openBucket } from '../object-store/client.ts';
import { ObjectStoreFailure, type ObjectStoreReason } from '../object-store/failure.ts';
import { parseBackupName } from './names.ts';
import type { BackupPlace } from './settings.ts';
import { type BackupTarget, newestFirst } from './target.ts';
import { fullPlace, noBackup, troubleAt } from './trouble.ts';

/** All backups lie below this name: the bucket may have other things, too. */
const folder = 'hearth-backup/';

/** Backups in a bucket of an S3 store, one object each: it is there whole or not at all. */
export function s3Target({ kind: _kind, ...address }: Extract<BackupPlace, { kind: 's3' }>): BackupTarget {
  const place = `${address.bucket} (${new URL(address.endpoint).host})`;
  const at = async <Result>(
    signal: AbortSignal,
    work: (bucket: ReturnType<typeof openBucket>) => Promise<Result>,
  ): Promise<Result> => {
    try {
      return await work(openBucket({ ...address, signal }));
    } catch (error) {
      throw failureAt(place, error);
    }
  };
  return {
    list: async (signal) => {
      const objects = await at(signal, (bucket) => bucket.list(folder));
      return objects
        .flatMap(({ key, sizeBytes }) => {
          const name = parseBackupName(key.slice(folder.length));
          return name === undefined ? [] : [{ ...name, sizeBytes }];
        })
        .sort(newestFirst);
    },
    store: async (name, source, signal) => {
      await at(signal, (bucket) => bucket.putStream(`${folder}${name}`, source));
    },
    open: async (name, signal) => (await at(signal, (bucket) => bucket.get(`${folder}${name}`))).stream,
    remove: async (name, signal) => await at(signal, (bucket) => bucket.remove(`${folder}${name}`)),
    // What was cut off is no object.
    clean: async () => {},
    refuseNoRoom: async () => {},
  };
}

function failureAt(place: string, error: unknown): unknown {
  if (!(error instanceof ObjectStoreFailure)) return error;
  if (error.reason === 'full') return fullPlace(place);
  if (error.reason === 'no-object') return noBackup();
  const [en, de] = words[error.reason] ?? [`It said: ${error.message}`, `Er meldete: ${error.message}`];
  return new StepFailure(...troubleAt(place, { en, de }));
}

const words: Partial<Readonly<Record<ObjectStoreReason, readonly [en: string, de: string]>>> = {
  unreachable: ['It can not be reached.', 'Er ist nicht erreichbar.'],
  stranger: ['Who answers there is no object store.', 'Wer dort antwortet, ist kein Objektspeicher.'],
  'refused-key': [
    'It does not accept the access key and the secret key.',
    'Er nimmt Zugriffsschlüssel und geheimen Schlüssel nicht an.',
  ],
  'wrong-bucket': ['There is no such bucket.', 'Diesen Bucket gibt es nicht.'],
  'no-right': [
    'The key may not read and write in it.',
    'Der Schlüssel darf darin nicht lesen und schreiben.',
  ],
  'wrong-region': ['It is in another region.', 'Er liegt in einer anderen Region.'],
  'wrong-clock': ['The clock of this device is wrong.', 'Die Uhr dieses Geräts geht falsch.'],
};
