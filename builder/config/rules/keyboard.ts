import { suggest } from '../../text/suggest.ts';
import type { Problem } from './problem.ts';

/**
 * The layouts of Debian 13's xkb-data (2.42) and the names under which keyboard-configuration offers them. The builder
 * can not ask the package: the check comes before anything is downloaded.
 */
const layoutNames: Readonly<Record<string, string>> = {
  af: 'Dari',
  al: 'Albanian',
  am: 'Armenian',
  ara: 'Arabic',
  at: 'German (Austria)',
  au: 'English (Australia)',
  az: 'Azerbaijani',
  ba: 'Bosnian',
  bd: 'Bangla',
  be: 'Belgian',
  bg: 'Bulgarian',
  br: 'Portuguese (Brazil)',
  brai: 'Braille',
  bt: 'Dzongkha',
  bw: 'Tswana',
  by: 'Belarusian',
  ca: 'French (Canada)',
  cd: 'French (Democratic Republic of the Congo)',
  ch: 'German (Switzerland)',
  cm: 'English (Cameroon)',
  cn: 'Chinese',
  cz: 'Czech',
  de: 'German',
  dk: 'Danish',
  dz: 'Berber (Algeria, Latin)',
  ee: 'Estonian',
  eg: 'Arabic (Egypt)',
  epo: 'Esperanto',
  es: 'Spanish',
  et: 'Amharic',
  fi: 'Finnish',
  fo: 'Faroese',
  fr: 'French',
  gb: 'English (UK)',
  ge: 'Georgian',
  gh: 'English (Ghana)',
  gn: "N'Ko (AZERTY)",
  gr: 'Greek',
  hr: 'Croatian',
  hu: 'Hungarian',
  id: 'Indonesian (Latin)',
  ie: 'Irish',
  il: 'Hebrew',
  in: 'Indian',
  iq: 'Arabic (Iraq)',
  ir: 'Persian',
  is: 'Icelandic',
  it: 'Italian',
  jp: 'Japanese',
  ke: 'Swahili (Kenya)',
  kg: 'Kyrgyz',
  kh: 'Khmer (Cambodia)',
  kr: 'Korean',
  kz: 'Kazakh',
  la: 'Lao',
  latam: 'Spanish (Latin American)',
  lk: 'Sinhala (phonetic)',
  lt: 'Lithuanian',
  lv: 'Latvian',
  ma: 'Arabic (Morocco)',
  md: 'Moldavian',
  me: 'Montenegrin',
  mk: 'Macedonian',
  ml: 'Bambara',
  mm: 'Burmese',
  mn: 'Mongolian',
  mt: 'Maltese',
  mv: 'Dhivehi',
  my: 'Malay (Jawi, Arabic Keyboard)',
  ng: 'English (Nigeria)',
  nl: 'Dutch',
  no: 'Norwegian',
  np: 'Nepali',
  nz: 'English (New Zealand)',
  ph: 'Filipino',
  pk: 'Urdu (Pakistan)',
  pl: 'Polish',
  pt: 'Portuguese',
  ro: 'Romanian',
  rs: 'Serbian',
  ru: 'Russian',
  se: 'Swedish',
  si: 'Slovenian',
  sk: 'Slovak',
  sn: 'Wolof',
  sy: 'Arabic (Syria)',
  tg: 'French (Togo)',
  th: 'Thai',
  tj: 'Tajik',
  tm: 'Turkmen',
  tr: 'Turkish',
  tw: 'Taiwanese',
  tz: 'Swahili (Tanzania)',
  ua: 'Ukrainian',
  us: 'English (US)',
  uz: 'Uzbek',
  vn: 'Vietnamese',
  za: 'English (South Africa)',
};

/** What people write when they mean a layout whose code is not their language's or country's. */
const confusions: Readonly<Record<string, string>> = {
  cs: 'cz',
  da: 'dk',
  el: 'gr',
  en: 'gb',
  et: 'ee',
  he: 'il',
  ja: 'jp',
  ko: 'kr',
  sl: 'si',
  sv: 'se',
  uk: 'gb',
  zh: 'cn',
};

/** The keyboard's name in the installer's words, "English (UK)" for `gb`. */
export function keyboardName(layout: string): string {
  return layoutNames[layout] ?? layout;
}

/** A layout of xkb, or several with commas. */
export function keyboardLayoutProblem(value: string): Problem | undefined {
  const unknown = value.split(',').find((layout) => !Object.hasOwn(layoutNames, layout));
  if (unknown === undefined) return undefined;
  const meant = confusions[unknown.toLowerCase()] ?? suggest(unknown, Object.keys(layoutNames));
  return {
    message: `${JSON.stringify(unknown)} is not a keyboard layout`,
    help:
      meant === undefined
        ? 'for example "gb", "us" or "de"'
        : `did you mean "${meant}" (${keyboardName(meant)})?`,
  };
}

/** A variant of xkb, or nothing. */
export function keyboardVariantProblem(value: string): Problem | undefined {
  if (/^[A-Za-z0-9_,-]*$/.test(value)) return undefined;
  return {
    message: 'may have only letters, digits, "_" and "-"',
    help: 'for example "nodeadkeys"; "" for none',
  };
}
