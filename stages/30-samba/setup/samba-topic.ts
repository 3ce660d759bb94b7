import type { Topic } from '../../90-first-boot/agent/setup/define.ts';
import type { LocalText } from '../../90-first-boot/agent/text/local-text.ts';
import { configFile, shareIn } from './smb-config.ts';

/** Names that Debian or the device needs; the step refuses every other account that is there already. */
const reserved = new Set(
  'root daemon bin sys sync nobody nogroup mail backup www-data sudo adm users staff media hearth hearth-web samba plex'.split(
    ' ',
  ),
);
/** Sections of smb.conf with a meaning of their own. */
const reservedShares = new Set(['global', 'homes', 'printers', 'print', 'ipc', 'admin', 'timemachine']);

/** Who may use the shared folder. */
export const sambaTopic: Topic = {
  id: 'samba',
  order: 100,
  title: {
    en: 'Shall computers in your house share files here?',
    de: 'Sollen Computer im Haus hier Dateien gemeinsam nutzen?',
  },
  short: { en: 'Shared folder', de: 'Gemeinsamer Ordner' },
  text: {
    en: 'Windows, macOS, Linux, phones and televisions open the folder with this name and password.',
    de: 'Windows, macOS, Linux, Telefone und Fernseher öffnen den Ordner mit diesem Namen und Passwort.',
  },
  isOptional: true,
  fields: [
    {
      kind: 'text',
      name: 'user',
      label: { en: 'User name', de: 'Benutzername' },
      help: {
        en: 'Small letters a to z, digits, - and _. It may be the name of the administrator.',
        de: 'Kleinbuchstaben a bis z, Ziffern, - und _. Es darf der Name des Administrators sein.',
      },
      maxLength: 32,
      autocomplete: 'username',
      validate: sambaUserProblem,
    },
    {
      kind: 'secret',
      name: 'password',
      label: { en: 'Password', de: 'Passwort' },
      help: {
        en: 'At least 8 characters. Only for the folder, so you can give it to your family.',
        de: 'Mindestens 8 Zeichen. Nur für den Ordner, Sie können es also in der Familie weitergeben.',
      },
      isNew: true,
      maxLength: 127,
      autocomplete: 'new-password',
      validate: (value) => ([...value].length < 8 ? messages.short : undefined),
    },
    {
      kind: 'text',
      name: 'share',
      label: { en: 'Name of the folder', de: 'Name des Ordners' },
      help: {
        en: 'As the other computers list it. Files that are there already stay.',
        de: 'So führen ihn die anderen Computer auf. Dateien, die schon da sind, bleiben.',
      },
      isOptional: true,
      maxLength: 31,
      autocomplete: 'off',
      prefill: async (device) => shareIn(device.read(configFile) ?? '')?.name,
      validate: shareNameProblem,
    },
  ],
};

/** What is wrong with the name of a Samba user, or undefined. */
export function sambaUserProblem(name: string): LocalText | undefined {
  if (!/^[a-z][a-z0-9_-]{0,31}$/.test(name)) return messages.user;
  return reserved.has(name) || name.startsWith('systemd-') ? messages.reserved : undefined;
}

/** What is wrong with the name of a share, or undefined. */
export function shareNameProblem(name: string): LocalText | undefined {
  if (!/^[a-z][a-z0-9_-]{0,30}$/.test(name)) return messages.share;
  return reservedShares.has(name) ? messages.reservedShare : undefined;
}

const messages = {
  user: {
    en: 'Small letters a to z, digits, - and _; a letter first; at most 32 characters.',
    de: 'Kleinbuchstaben a bis z, Ziffern, - und _; zuerst ein Buchstabe; höchstens 32 Zeichen.',
  },
  reserved: {
    en: 'The device uses this name itself. Please choose another one.',
    de: 'Diesen Namen benutzt das Gerät selbst. Bitte wählen Sie einen anderen.',
  },
  short: { en: 'At least 8 characters.', de: 'Mindestens 8 Zeichen.' },
  share: {
    en: 'Small letters a to z, digits, - and _; a letter first; at most 31 characters.',
    de: 'Kleinbuchstaben a bis z, Ziffern, - und _; zuerst ein Buchstabe; höchstens 31 Zeichen.',
  },
  reservedShare: {
    en: 'Samba keeps this name for itself. Please choose another one.',
    de: 'Diesen Namen braucht Samba selbst. Bitte wählen Sie einen anderen.',
  },
} as const;
