import type { ErrorCode } from 'yaml';
import type { Topic } from '../setup/define.ts';
import type { LocalText } from '../text/local-text.ts';
import { nearest } from './suggest.ts';

/** What can be wrong with a hearth.yaml before its answers are looked at. */
export const yamlTexts = {
  notMap: {
    en: 'The file must begin with a topic, such as "device:", at the beginning of a line.',
    de: 'Die Datei muss mit einem Thema wie „device:“ am Zeilenanfang beginnen.',
  },
  noFields: {
    en: 'Below a topic there are its fields, two spaces further in: "name: value".',
    de: 'Unter einem Thema stehen seine Felder, zwei Leerzeichen eingerückt: „name: Wert“.',
  },
  required: {
    en: 'This can not be skipped.',
    de: 'Das kann nicht übersprungen werden.',
  },
  oneValue: {
    en: 'Only one value can stand here.',
    de: 'Hier kann nur ein einzelner Wert stehen.',
  },
  alias: {
    en: 'Please write the value itself: "&" and "*" at the beginning have a special meaning. Put the value in quotes if it begins with one of them.',
    de: 'Bitte den Wert selbst schreiben: „&“ und „*“ am Anfang haben eine besondere Bedeutung. Beginnt der Wert damit, gehört er in Anführungszeichen.',
  },
  comment: {
    en: 'What stands after "#" is a comment. If it belongs to the value, put the value in quotes; if not, move it to a line of its own.',
    de: 'Was hinter „#“ steht, ist ein Kommentar. Gehört es zum Wert, muss der Wert in Anführungszeichen stehen; sonst bitte in eine eigene Zeile setzen.',
  },
  gone: {
    en: 'The secret was taken over before and removed from the file, but this device does not have it any more. Please write it again.',
    de: 'Das Geheimnis wurde früher übernommen und aus der Datei entfernt, ist auf diesem Gerät aber nicht mehr da. Bitte neu eintragen.',
  },
  twoFiles: {
    en: 'There is more than one such file on the card. Please keep one of them.',
    de: 'Davon gibt es mehr als eine Datei auf der Karte. Bitte nur eine behalten.',
  },
  damaged: {
    en: 'The file is damaged. Please write it again.',
    de: 'Die Datei ist beschädigt. Bitte neu schreiben.',
  },
} as const satisfies Readonly<Record<string, LocalText>>;

/** Our words for what the YAML library found. Its own words may quote the line, and so a password. */
export function syntaxText(code: ErrorCode): LocalText {
  return syntaxTexts[code] ?? syntaxTexts['OTHER'] ?? '';
}

const quotes = {
  en: 'Something is missing here, such as the closing quotation mark. Put values with special characters in single quotes.',
  de: 'Hier fehlt etwas, zum Beispiel das schließende Anführungszeichen. Werte mit Sonderzeichen gehören in einfache Anführungszeichen.',
};
const indent = {
  en: 'The line is not indented like its neighbours.',
  de: 'Die Zeile ist nicht so eingerückt wie ihre Nachbarn.',
};
const syntaxTexts: Readonly<Record<string, LocalText>> = {
  MISSING_CHAR: quotes,
  UNEXPECTED_TOKEN: quotes,
  BAD_SCALAR_START: quotes,
  BAD_INDENT: indent,
  BLOCK_AS_IMPLICIT_KEY: indent,
  MULTILINE_IMPLICIT_KEY: indent,
  TAB_AS_INDENT: {
    en: 'The line begins with a tab. Please indent with spaces.',
    de: 'Die Zeile beginnt mit einem Tabulator. Bitte mit Leerzeichen einrücken.',
  },
  DUPLICATE_KEY: { en: 'This is in the file twice.', de: 'Das steht zweimal in der Datei.' },
  BAD_DQ_ESCAPE: {
    en: 'A backslash has a special meaning in double quotes. Please use single quotes.',
    de: 'Ein Backslash hat in doppelten Anführungszeichen eine besondere Bedeutung. Bitte einfache verwenden.',
  },
  BAD_ALIAS: yamlTexts.alias,
  TAG_RESOLVE_FAILED: {
    en: 'Please put a value that begins with "!" in quotes.',
    de: 'Ein Wert, der mit „!“ beginnt, gehört in Anführungszeichen.',
  },
  MULTIPLE_DOCS: {
    en: 'The file has a line "---" in it. Please remove it.',
    de: 'In der Datei steht eine Zeile „---“. Bitte entfernen.',
  },
  OTHER: { en: 'This line can not be read.', de: 'Diese Zeile ist nicht lesbar.' },
};

/** For a topic that is not there. */
export function noSuchTopic(name: string, topics: readonly Topic[]): LocalText {
  return withHint(
    { en: 'There is no such topic.', de: 'Dieses Thema gibt es nicht.' },
    name,
    topics.map((topic) => topic.id),
  );
}

/** For a field that its topic does not have. */
export function noSuchField(name: string, topic: Topic): LocalText {
  const names = topic.fields.map((field) => field.name);
  return withHint({ en: 'There is no such field.', de: 'Dieses Feld gibt es nicht.' }, name, names);
}

/** Adds what can stand there. */
export function withPossible(text: LocalText, possible: readonly string[]): LocalText {
  const known = typeof text === 'string' ? { en: text } : text;
  const names = possible.join(', ');
  return { en: `${known.en} Possible: ${names}`, de: `${known['de'] ?? known.en} Möglich: ${names}` };
}

function withHint(
  text: { readonly en: string; readonly de: string },
  name: string,
  names: readonly string[],
): LocalText {
  const meant = nearest(name, names);
  if (meant === undefined) return withPossible(text, names);
  return { en: `${text.en} Did you mean "${meant}"?`, de: `${text.de} Ist „${meant}“ gemeint?` };
}
