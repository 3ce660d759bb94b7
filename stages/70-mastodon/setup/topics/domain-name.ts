import { domainToASCII, domainToUnicode } from 'node:url';
import type { LocalText } from '../../../90-first-boot/agent/text/local-text.ts';

/** Ends of names that no name server of the world knows. */
const onlyAtHome = [
  'local',
  'lan',
  'home',
  'internal',
  'intranet',
  'localhost',
  'localdomain',
  'test',
  'invalid',
  'onion',
  'arpa',
];
/** Under which people register names: nobody owns them as a whole. */
const suffixes =
  /^(?:(?:ac|co|gov|ltd|me|net|org|plc)\.uk|(?:com|edu|gov|id|net|org)\.au|(?:ac|co|govt|net|org)\.nz|(?:ac|co|go|ne|or)\.(?:jp|kr|th|id)|(?:co|net|org)\.(?:za|il|in)|(?:com|net|org)\.(?:br|mx|ar|tr|cn|tw|hk|sg|my|pl|ua|es|pe|co|ph|vn)|(?:co|or|ac|gv)\.at|(?:asso|com)\.fr|eu\.org|github\.io|gitlab\.io|pages\.dev|workers\.dev|duckdns\.org|ddns\.net|dyndns\.org)$/;
/** Names that programs hand out for a while. */
const borrowed = /(?:^|\.)(?:trycloudflare\.com|cfargotunnel\.com|ngrok(?:-free)?\.(?:app|dev|io)|ts\.net)$/;

/** What is wrong with the name of a site in the Internet, or undefined. */
export function domainProblem(name: string): LocalText | undefined {
  if (/[:/@\s]/.test(name)) return messages.onlyName;
  if (/[^\p{ASCII}]/u.test(name)) return umlauts(domainToASCII(name.toLowerCase()));
  if (name !== name.toLowerCase()) return messages.upperCase;
  const labels = name.split('.');
  if (labels.length < 2) return messages.noDomain;
  if (!labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label))) return messages.shape;
  if (labels.some((label) => label.startsWith('xn--')) && domainToASCII(domainToUnicode(name)) !== name)
    return messages.shape;
  const last = labels.at(-1) ?? '';
  if (/^[0-9]+$/.test(last)) return messages.numbers;
  if (onlyAtHome.includes(last) || /(?:^|\.)fritz\.box$/.test(name)) return messages.home;
  if (suffixes.test(name)) return messages.suffix;
  return borrowed.test(name) ? messages.borrowed : undefined;
}

function umlauts(ascii: string): LocalText {
  if (ascii === '') return messages.shape;
  return { en: `Please write this name as ${ascii}`, de: `Bitte schreiben Sie diesen Namen so: ${ascii}` };
}

const messages = {
  onlyName: {
    en: 'Only the name, without https:// and without anything behind it.',
    de: 'Nur der Name, ohne https:// und ohne etwas dahinter.',
  },
  upperCase: { en: 'Please use small letters only.', de: 'Bitte nur Kleinbuchstaben verwenden.' },
  noDomain: {
    en: 'The ending is missing: such as example.org or social.example.org.',
    de: 'Die Endung fehlt: etwa example.org oder social.example.org.',
  },
  shape: {
    en: 'A name has letters a to z, digits and hyphens, in parts with a dot between them.',
    de: 'Ein Name hat Buchstaben a bis z, Ziffern und Bindestriche, in Teilen mit einem Punkt dazwischen.',
  },
  numbers: {
    en: 'This is an address in numbers. Please give a name of a domain of yours.',
    de: 'Das ist eine Adresse aus Zahlen. Bitte geben Sie einen Namen aus einer Ihrer Domains an.',
  },
  home: {
    en: 'This name works only at home. Please give a name of a domain of yours.',
    de: 'Dieser Name gilt nur zu Hause. Bitte geben Sie einen Namen aus einer Ihrer Domains an.',
  },
  suffix: {
    en: 'Nobody owns this name as a whole. Your own part is missing before it.',
    de: 'Dieser Name gehört niemandem als Ganzes. Davor fehlt Ihr eigener Teil.',
  },
  borrowed: {
    en: 'This name is only lent. Other servers remember names for ever: please give one of a domain of yours.',
    de: 'Dieser Name ist nur geliehen. Andere Server merken sich Namen für immer: Bitte geben Sie einen aus einer Ihrer Domains an.',
  },
} as const;
