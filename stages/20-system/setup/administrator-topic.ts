import type { FieldProblem, Topic, Values } from '../../90-first-boot/agent/setup/define.ts';
import type { LocalText } from '../../90-first-boot/agent/text/local-text.ts';
import { accountNameProblem } from './account-names.ts';
import { sshKeysProblem } from './ssh-keys.ts';

export const shortestPassword = 10;

/** Who may change the device: signs in on the status page, at the screen and over SSH. */
export const administratorTopic: Topic = {
  id: 'administrator',
  order: 20,
  title: { en: 'Who looks after the device?', de: 'Wer verwaltet das Gerät?' },
  short: { en: 'Administrator', de: 'Verwaltung' },
  text: {
    en: 'With this name and password you open the status page later. An SSH key lets you in from a terminal; without one, SSH stays off.',
    de: 'Mit diesem Namen und Passwort öffnen Sie später die Statusseite. Mit einem SSH-Schlüssel kommen Sie aus einem Terminal hinein; ohne ihn bleibt SSH aus.',
  },
  isOptional: false,
  fields: [
    {
      kind: 'text',
      name: 'name',
      label: { en: 'User name', de: 'Benutzername' },
      help: {
        en: 'Small letters a to z, digits, - and _.',
        de: 'Kleinbuchstaben a bis z, Ziffern, - und _.',
      },
      maxLength: 32,
      autocomplete: 'username',
      validate: accountNameProblem,
    },
    {
      kind: 'secret',
      name: 'password',
      label: { en: 'Password', de: 'Passwort' },
      help: {
        en: 'At least 10 characters. Some words that only you put together are good and easy to keep in mind.',
        de: 'Mindestens 10 Zeichen. Einige Wörter, die nur Sie so zusammenstellen, sind gut und leicht zu merken.',
      },
      isOptional: true,
      isNew: true,
      maxLength: 128,
      autocomplete: 'new-password',
      validate: newPasswordProblem,
    },
    {
      kind: 'text',
      name: 'sshKeys',
      label: { en: 'Public SSH keys', de: 'Öffentliche SSH-Schlüssel' },
      help: {
        en: 'For those who know SSH: one key a line, such as the text of id_ed25519.pub.',
        de: 'Für alle, die SSH kennen: ein Schlüssel je Zeile, etwa der Inhalt von id_ed25519.pub.',
      },
      isOptional: true,
      maxLength: 16_000,
      lines: 4,
      autocomplete: 'off',
      validate: sshKeysProblem,
    },
    {
      kind: 'text',
      name: 'passwordHash',
      label: { en: 'Password, hashed', de: 'Passwort als Hash' },
      source: 'file',
      isOptional: true,
      isSecret: true,
      maxLength: 200,
      validate: (value) => (isPasswordHash(value) ? undefined : messages.hash),
    },
    {
      kind: 'choice',
      name: 'sshPassword',
      label: { en: 'Password opens SSH too', de: 'Passwort gilt auch für SSH' },
      source: 'file',
      isOptional: true,
      choices: [
        { value: 'no', label: { en: 'No', de: 'Nein' } },
        { value: 'yes', label: { en: 'Yes', de: 'Ja' } },
      ],
    },
  ],
  validate: wayInProblem,
};

/** Whether a text is a password hash that Debian's crypt can check: yescrypt, SHA-512, SHA-256, bcrypt, scrypt. */
export function isPasswordHash(text: string): boolean {
  return [
    /^\$y\$[./A-Za-z0-9]+\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}$/,
    /^\$6\$(rounds=[1-9]\d{0,8}\$)?[^$:\s]{1,16}\$[./A-Za-z0-9]{86}$/,
    /^\$5\$(rounds=[1-9]\d{0,8}\$)?[^$:\s]{1,16}\$[./A-Za-z0-9]{43}$/,
    /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/,
    /^\$7\$[./A-Za-z0-9]{11,97}\$[./A-Za-z0-9]{43}$/,
  ].some((shape) => shape.test(text));
}

function newPasswordProblem(password: string, { name }: Values): LocalText | undefined {
  if ([...password].length < shortestPassword) return messages.short;
  return password.toLowerCase() === name?.toLowerCase() ? messages.same : undefined;
}

/** The wish that a password opens SSH too means nothing without one: Imager writes it together with keys. */
function wayInProblem({ password, passwordHash, sshKeys }: Values): readonly FieldProblem[] {
  const hasPassword = Boolean(password) || Boolean(passwordHash);
  if (!hasPassword && !sshKeys) return [{ field: 'password', message: messages.noWayIn }];
  return [];
}

const messages = {
  short: { en: 'At least 10 characters.', de: 'Mindestens 10 Zeichen.' },
  same: {
    en: 'The password must not be the user name.',
    de: 'Das Passwort darf nicht der Benutzername sein.',
  },
  hash: {
    en: 'This is no hash of a password. It begins with $y$, $6$, $5$, $2b$ or $7$.',
    de: 'Das ist kein Hash eines Passworts. Er beginnt mit $y$, $6$, $5$, $2b$ oder $7$.',
  },
  noWayIn: {
    en: 'Please choose a password, or give an SSH key: otherwise nobody could sign in.',
    de: 'Bitte wählen Sie ein Passwort oder geben Sie einen SSH-Schlüssel an: Sonst könnte sich niemand anmelden.',
  },
} as const;
