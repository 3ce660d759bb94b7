import type { Field, FieldProblem, Values } from '../setup/define.ts';
import type { LocalText } from '../text/local-text.ts';
import type { BackupPlace } from './settings.ts';

/** The questions where backups lie, the same for making them and for bringing one back. */
export const placeFields: readonly Field[] = [
  {
    kind: 'choice',
    name: 'where',
    label: { en: 'Where the backups are', de: 'Wo die Sicherungen liegen' },
    // Else the fields of all places would be there at once.
    prefill: async () => 'smb',
    choices: [
      {
        value: 'smb',
        label: { en: 'On another computer or a NAS', de: 'Auf einem anderen Computer oder NAS' },
        help: { en: 'A shared folder (SMB)', de: 'Eine Freigabe (SMB)' },
      },
      {
        value: 's3',
        label: { en: 'In an S3 store', de: 'In einem S3-Speicher' },
        help: {
          en: 'Cloudflare R2, Backblaze B2, MinIO and others',
          de: 'Cloudflare R2, Backblaze B2, MinIO und andere',
        },
      },
      {
        value: 'folder',
        label: { en: 'On a disk at this device', de: 'Auf einem Laufwerk an diesem Gerät' },
        help: {
          en: 'It must be mounted below /srv. The memory card itself does not count.',
          de: 'Es muss unter /srv eingehängt sein. Die Speicherkarte selbst zählt nicht.',
        },
      },
    ],
  },
  text('server', 'smb', {
    label: { en: 'Name or address of the computer', de: 'Name oder Adresse des Computers' },
    validate: (value) => (/^[A-Za-z0-9][A-Za-z0-9.:-]*$/.test(value) ? undefined : messages.server),
  }),
  text('share', 'smb', {
    label: { en: 'Name of the shared folder', de: 'Name der Freigabe' },
    validate: (value) => (/^[^"/\\;|<>*?:]+$/.test(value) ? undefined : messages.share),
  }),
  text('path', 'smb', {
    label: { en: 'Folder in it', de: 'Ordner darin' },
    help: {
      en: 'Must exist already. Empty: the shared folder itself.',
      de: 'Muss schon vorhanden sein. Leer: die Freigabe selbst.',
    },
    isOptional: true,
    validate: (value) => (/^[^"\\;|<>*?:]+$/.test(value) ? undefined : messages.share),
  }),
  text('user', 'smb', {
    label: { en: 'User name', de: 'Benutzername' },
    validate: (value) => (value.trim() === value ? undefined : messages.spaces),
  }),
  secret('password', 'smb', 'server', { en: 'Password', de: 'Passwort' }),
  text('endpoint', 's3', {
    label: { en: 'Address of the store', de: 'Adresse des Speichers' },
    help: {
      en: 'https://ACCOUNT.r2.cloudflarestorage.com for example',
      de: 'Zum Beispiel https://KONTO.r2.cloudflarestorage.com',
    },
    inputMode: 'url',
    validate: endpointProblem,
  }),
  text('region', 's3', {
    label: { en: 'Region', de: 'Region' },
    help: { en: 'Empty: auto, as Cloudflare R2 wants it.', de: 'Leer: auto, wie Cloudflare R2 es verlangt.' },
    isOptional: true,
    validate: (value) => (/^[a-z0-9-]+$/.test(value) ? undefined : messages.plain),
  }),
  text('bucket', 's3', {
    label: { en: 'Bucket', de: 'Bucket' },
    validate: (value) => (/^[a-z0-9][a-z0-9.-]{1,62}$/.test(value) ? undefined : messages.plain),
  }),
  text('accessKey', 's3', { label: { en: 'Access key', de: 'Zugriffsschlüssel' } }),
  secret('secretKey', 's3', 'endpoint', { en: 'Secret key', de: 'Geheimer Schlüssel' }),
  text('folder', 'folder', {
    label: { en: 'Folder on the disk', de: 'Ordner auf dem Laufwerk' },
    prefill: async () => '/srv/backup',
    validate: (value) =>
      /^\/srv(?:\/[A-Za-z0-9_][A-Za-z0-9 ._-]*)+$/.test(value) ? undefined : messages.folder,
  }),
];

/** What is wrong with the values together, or nothing. */
export function placeProblems(values: Values): readonly FieldProblem[] {
  return values['where'] === 'smb' && (values['path'] ?? '').split('/').includes('..')
    ? [{ field: 'path', message: messages.share }]
    : [];
}

/** The place that checked values mean. */
export function placeOf(values: Values): BackupPlace {
  const { where, server = '', share = '', path = '', user = '', password = '' } = values;
  if (where === 'smb')
    return { kind: 'smb', ...{ server, share, user, password }, folder: path.replaceAll(/^\/+|\/+$/g, '') };
  const { endpoint = '', bucket = '', accessKey = '', secretKey = '', region = '' } = values;
  if (where === 's3') return { kind: 's3', endpoint, bucket, accessKey, secretKey, region: region || 'auto' };
  return { kind: 'folder', folder: values['folder'] ?? '' };
}

type TextDetails = Partial<Extract<Field, { kind: 'text' }>> & { readonly label: LocalText };

function text(name: string, where: string, details: TextDetails): Field {
  return {
    ...{ kind: 'text', name, maxLength: 255, autocomplete: 'off' },
    onlyIf: (values) => values['where'] === where,
    ...details,
  };
}

function secret(name: string, where: string, belongsTo: string, label: LocalText): Field {
  return {
    ...{ kind: 'secret', name, label, belongsTo, maxLength: 255, isNew: false, autocomplete: 'off' },
    onlyIf: (values) => values['where'] === where,
  };
}

/** Without encryption the backup is still encrypted, but who listens learns how large it is: only at home. */
function endpointProblem(value: string): LocalText | undefined {
  try {
    const { protocol, hostname, pathname, search } = new URL(value);
    if (pathname !== '/' || search !== '') return messages.endpoint;
    const isHome = /^(10|127|192\.168|172\.(1[6-9]|2\d|3[01]))\.[\d.]+$|\.local$/.test(hostname);
    return protocol === 'https:' || (protocol === 'http:' && isHome) ? undefined : messages.endpoint;
  } catch {
    return messages.endpoint;
  }
}

const messages = {
  server: { en: 'A name like nas.local, or an address.', de: 'Ein Name wie nas.local, oder eine Adresse.' },
  share: {
    en: 'There is a character in it that a share can not have.',
    de: 'Darin ist ein Zeichen, das eine Freigabe nicht haben kann.',
  },
  spaces: { en: 'Please without spaces at the ends.', de: 'Bitte ohne Leerzeichen an den Enden.' },
  plain: { en: 'Small letters, digits, dots and - only.', de: 'Nur Kleinbuchstaben, Ziffern, Punkte und -.' },
  endpoint: {
    en: 'An address that begins with https:// and has no path.',
    de: 'Eine Adresse, die mit https:// beginnt und keinen Pfad hat.',
  },
  folder: {
    en: 'A folder below /srv, for example /srv/backup.',
    de: 'Ein Ordner unter /srv, zum Beispiel /srv/backup.',
  },
} as const;
