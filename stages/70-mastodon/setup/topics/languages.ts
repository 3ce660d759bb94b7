import type { DeviceLook } from '../../../90-first-boot/agent/device/door.ts';
import type { Choice } from '../../../90-first-boot/agent/setup/define.ts';

/** Languages of Mastodon's pages by their codes there, each in its own words. */
const languages: Readonly<Record<string, string>> = {
  ar: 'العربية',
  eu: 'Euskara',
  be: 'Беларуская',
  bg: 'Български',
  br: 'Brezhoneg',
  ca: 'Català',
  cs: 'Čeština',
  cy: 'Cymraeg',
  da: 'Dansk',
  de: 'Deutsch',
  et: 'Eesti',
  el: 'Ελληνικά',
  en: 'English',
  'en-GB': 'English (United Kingdom)',
  es: 'Español',
  'es-AR': 'Español (Argentina)',
  'es-MX': 'Español (México)',
  eo: 'Esperanto',
  fo: 'Føroyskt',
  fa: 'فارسی',
  fr: 'Français',
  'fr-CA': 'Français (Canada)',
  fy: 'Frysk',
  ga: 'Gaeilge',
  gd: 'Gàidhlig',
  gl: 'Galego',
  he: 'עברית',
  hr: 'Hrvatski',
  id: 'Bahasa Indonesia',
  is: 'Íslenska',
  it: 'Italiano',
  ja: '日本語',
  ko: '한국어',
  lv: 'Latviešu',
  lt: 'Lietuvių',
  hu: 'Magyar',
  nl: 'Nederlands',
  no: 'Norsk bokmål',
  nn: 'Norsk nynorsk',
  pl: 'Polski',
  'pt-BR': 'Português (Brasil)',
  'pt-PT': 'Português (Portugal)',
  ru: 'Русский',
  sq: 'Shqip',
  sk: 'Slovenčina',
  sl: 'Slovenščina',
  sr: 'Српски',
  fi: 'Suomi',
  sv: 'Svenska',
  th: 'ไทย',
  tr: 'Türkçe',
  uk: 'Українська',
  vi: 'Tiếng Việt',
  'zh-CN': '简体中文',
  'zh-HK': '繁體中文（香港）',
  'zh-TW': '繁體中文（臺灣）',
};

export const languageChoices: readonly Choice[] = Object.entries(languages).map(([value, label]) => ({
  value,
  label,
}));

/** The language that the device speaks, as Mastodon calls it. */
export async function languageOfDevice(device: DeviceLook): Promise<string> {
  const [, language = '', country = ''] =
    /^LANG="?([a-z]{2})(?:_([A-Z]{2}))?/m.exec(device.read('/etc/locale.conf') ?? '') ?? [];
  const both = `${language}-${country}`;
  if (Object.hasOwn(languages, both)) return both;
  return Object.hasOwn(languages, language) ? language : 'en';
}
