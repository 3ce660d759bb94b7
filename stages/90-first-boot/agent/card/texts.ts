/** A place in a file, counted from 1. */
export interface Place {
  readonly line: number;
  readonly col: number;
}

/** "line 4, column 9" */
export function placeText({ line, col }: Place): { readonly en: string; readonly de: string } {
  return { en: `line ${line}, column ${col}`, de: `Zeile ${line}, Spalte ${col}` };
}

/** A file of Imager that is damaged; the place is where reading ended. */
export function notReadable(place?: Place): { readonly en: string; readonly de: string } {
  const where = place === undefined ? { en: '', de: '' } : prefixed(place);
  return {
    en: `The file can not be read${where.en}. Nothing was taken from it. Please write the card again with Raspberry Pi Imager, or use the page of the device, and delete this file: it may hold passwords.`,
    de: `Die Datei ist nicht lesbar${where.de}. Daraus wurde nichts übernommen. Bitte die Karte mit Raspberry Pi Imager neu beschreiben oder die Seite des Geräts verwenden, und diese Datei löschen: Sie kann Passwörter enthalten.`,
  };
}

function prefixed(place: Place): { readonly en: string; readonly de: string } {
  const text = placeText(place);
  return { en: ` (${text.en})`, de: ` (${text.de})` };
}
