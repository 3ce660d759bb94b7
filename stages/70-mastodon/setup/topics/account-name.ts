import type { LocalText } from '../../../90-first-boot/agent/text/local-text.ts';
import { domainProblem } from './domain-name.ts';

/** Names that Mastodon keeps back; its command for making accounts would take them. */
const reserved: ReadonlySet<string> = new Set([
  'abuse',
  'account',
  'accounts',
  'admin',
  'admins',
  'administration',
  'administrator',
  'help',
  'helpdesk',
  'instance',
  'mastodon',
  'mod',
  'moderator',
  'moderators',
  'mods',
  'owner',
  'postmaster',
  'root',
  'security',
  'server',
  'staff',
  'support',
  'webmaster',
]);

/** What is wrong with the name of an account, or undefined. */
export function accountNameProblem(name: string): LocalText | undefined {
  if (name.includes('@')) return messages.handle;
  if (/[A-Z]/.test(name)) return messages.upperCase;
  if (!/^[a-z0-9_]{1,30}$/.test(name)) return messages.shape;
  return reserved.has(name) ? messages.reserved : undefined;
}

/** What is wrong with an e-mail address, or undefined. */
export function mailAddressProblem(address: string): LocalText | undefined {
  const [, name = '', domain = ''] = /^([^\s@]+)@([^\s@]+)$/.exec(address) ?? [];
  if (!/^[A-Za-z0-9._%+'-]{1,64}$/.test(name) || /^\.|\.\.|\.$/.test(name)) return messages.address;
  return domainProblem(domain.toLowerCase()) === undefined ? undefined : messages.address;
}

const messages = {
  handle: {
    en: 'Only the name itself, without @ and without the domain: such as anna.',
    de: 'Nur der Name selbst, ohne @ und ohne die Domain: etwa anna.',
  },
  upperCase: { en: 'Please use small letters only.', de: 'Bitte nur Kleinbuchstaben verwenden.' },
  shape: {
    en: 'A name has 1 to 30 letters a to z, digits and underscores.',
    de: 'Ein Name hat 1 bis 30 Buchstaben a bis z, Ziffern und Unterstriche.',
  },
  reserved: {
    en: 'Mastodon keeps this name back for its own purposes. Please choose another one.',
    de: 'Diesen Namen behält Mastodon für eigene Zwecke zurück. Bitte wählen Sie einen anderen.',
  },
  address: {
    en: 'This is no e-mail address of the Internet, such as anna@example.org.',
    de: 'Das ist keine E-Mail-Adresse aus dem Internet, wie etwa anna@example.org.',
  },
} as const;
