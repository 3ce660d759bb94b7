import type { LocalText } from '../../90-first-boot/agent/text/local-text.ts';

/** Users and groups that Debian or this device has or may get: nobody else can have these names. */
const reserved = new Set(
  [
    'root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats nobody nogroup',
    'adm tty disk kmem dialout fax voice cdrom floppy tape sudo audio dip operator src shadow utmp video sasl plugdev',
    'staff users input sgx kvm render crontab netdev messagebus avahi polkitd sshd ssh media tss clock lpadmin wheel',
    'hearth hearth-web docker k3s postgres redis plex cloudflared samba sambashare uuidd tcpdump dnsmasq',
  ].flatMap((names) => names.split(' ')),
);

/** What is wrong with the name of a new account by useradd's rules, or undefined. */
export function accountNameProblem(name: string): LocalText | undefined {
  if (name !== name.toLowerCase()) return messages.upperCase;
  if (!/^[a-z]/.test(name)) return messages.start;
  if (!/^[a-z0-9_-]*$/.test(name)) return messages.characters;
  if (name.length > 32) return messages.tooLong;
  return reserved.has(name) || name.startsWith('systemd-') ? messages.reserved : undefined;
}

const messages = {
  upperCase: { en: 'Please use small letters only.', de: 'Bitte nur Kleinbuchstaben verwenden.' },
  start: {
    en: 'The first character must be a letter from a to z.',
    de: 'Das erste Zeichen muss ein Buchstabe von a bis z sein.',
  },
  characters: {
    en: 'Only the letters a to z, digits, - and _ can be used.',
    de: 'Möglich sind nur die Buchstaben a bis z, Ziffern, - und _.',
  },
  tooLong: { en: 'At most 32 characters.', de: 'Höchstens 32 Zeichen.' },
  reserved: {
    en: 'The device uses this name itself. Please choose another one.',
    de: 'Diesen Namen benutzt das Gerät selbst. Bitte wählen Sie einen anderen.',
  },
} as const;
