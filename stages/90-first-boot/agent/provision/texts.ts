import type { LocalText } from '../text/local-text.ts';

/** `71 MB`, `3.4 MB`: as people read sizes, in steps of 1000. */
export function megabytes(sizeBytes: number): LocalText {
  if (sizeBytes < 1_000_000) return `${Math.ceil(sizeBytes / 1_000)} kB`;
  const size = sizeBytes / 1_000_000;
  const digits = size < 10 ? 1 : 0;
  const en = `${size.toFixed(digits)} MB`;
  return { en, de: en.replace('.', ',') };
}

/** Puts sizes into a sentence of each language. */
export function withSizes(
  sizes: readonly number[],
  write: { readonly [language in 'en' | 'de']: (...sizes: readonly string[]) => string },
): LocalText {
  const texts = sizes.map(megabytes);
  const inLanguage = (language: 'en' | 'de') =>
    write[language](...texts.map((text) => (typeof text === 'string' ? text : (text[language] ?? text.en))));
  return { en: inLanguage('en'), de: inLanguage('de') };
}

/** `Fetching k3s (71 MB)`; the size of a container image is not known before. */
export function fetchTitle(name: string, sizeBytes: number | undefined): LocalText {
  if (sizeBytes === undefined) return { en: `Fetching ${name}`, de: `${name} herunterladen` };
  return withSizes([sizeBytes], {
    en: (size) => `Fetching ${name} (${size})`,
    de: (size) => `${name} herunterladen (${size})`,
  });
}

/** How far a transfer is: bytes, and the time left if it is known. */
export function progressNote(
  haveBytes: number,
  sizeBytes: number,
  secondsLeft: number | undefined,
): LocalText {
  const left = secondsLeft === undefined ? { en: '', de: '' } : timeLeft(secondsLeft);
  return withSizes([haveBytes, sizeBytes], {
    en: (have, size) => `${have} of ${size}${left.en}`,
    de: (have, size) => `${have} von ${size}${left.de}`,
  });
}

export const checkingNote: LocalText = {
  en: 'Checking that it came in unchanged.',
  de: 'Prüfen, ob es unverändert angekommen ist.',
};

/** The parts of a container image become one file. */
export function packingNote(writtenBytes: number, sizeBytes: number): LocalText {
  return withSizes([writtenBytes, sizeBytes], {
    en: (written, size) => `Putting the parts together: ${written} of ${size}`,
    de: (written, size) => `Zusammensetzen der Teile: ${written} von ${size}`,
  });
}

/** Told while the device waits before it tries again. */
export function waitingNote(host: string): LocalText {
  return {
    en: `${host} can not be reached right now. Trying again in a moment.`,
    de: `${host} ist gerade nicht erreichbar. Gleich folgt der nächste Versuch.`,
  };
}

function timeLeft(seconds: number): { readonly en: string; readonly de: string } {
  const minutes = Math.ceil(seconds / 60);
  if (minutes <= 1) return { en: ', less than a minute left', de: ', noch weniger als eine Minute' };
  if (minutes < 120) return { en: `, about ${minutes} minutes left`, de: `, noch etwa ${minutes} Minuten` };
  const hours = Math.round(minutes / 60);
  return { en: `, about ${hours} hours left`, de: `, noch etwa ${hours} Stunden` };
}
