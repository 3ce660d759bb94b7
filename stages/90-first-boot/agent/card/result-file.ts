import { join } from 'node:path';
import { readIfThere } from '../device/look.ts';
import { writeDurably } from '../files/durable-file.ts';
import { localText } from '../text/local-text.ts';
import type { CardSteps } from './fat-folder.ts';
import type { CardProblem, Outcome } from './outcome.ts';
import { placeText } from './texts.ts';

export const resultFileName = 'hearth-card.txt';

/** Writes hearth-card.txt next to the files it tells about, unless it says the same already. */
export function writeResult(folder: string, outcome: Outcome, steps: CardSteps): void {
  const path = join(folder, resultFileName);
  const text = resultText(outcome);
  if (readIfThere(path) !== text) writeDurably(path, text, 0o644, steps);
}

/** English, then German. Byte order mark and line ends let every editor show it. */
export function resultText(outcome: Outcome): string {
  const parts = (['en', 'de'] as const).map((language) => part(outcome, language));
  return `\uFEFF${[...(parts[0] ?? []), '', '--------', '', ...(parts[1] ?? []), ''].join('\r\n')}`;
}

type Language = 'en' | 'de';

function part(outcome: Outcome, language: Language): readonly string[] {
  const say = words[language];
  const { taken, problems, notes } = outcome;
  return [
    say.title,
    '',
    ...(taken.length > 0
      ? [say.taken, ...list(taken.map((one) => localText(one.short, language)))]
      : [say.nothing]),
    ...(problems.length > 0
      ? ['', say.wrong, ...list(problems.map((one) => problemLine(one, language)))]
      : []),
    ...(notes.length > 0
      ? ['', say.notes, ...list(notes.map((one) => `${one.file}: ${localText(one.message, language)}`))]
      : []),
    ...(problems.some((one) => one.place !== undefined) ? ['', ...say.again] : []),
  ];
}

function list(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  - ${line}`);
}

function problemLine({ file, place, about, message }: CardProblem, language: Language): string {
  const where = place === undefined ? file : `${file}, ${placeText(place)[language]}`;
  return [where, ...(about === undefined ? [] : [about]), localText(message, language)].join(': ');
}

const words = {
  en: {
    title: 'HEARTH: WHAT WAS TAKEN FROM THIS CARD',
    taken: 'Taken over:',
    nothing: 'Nothing was taken over.',
    wrong: 'This is not right yet:',
    notes: 'Good to know:',
    again: [
      'Nothing is taken from a hearth.yaml that has a mistake in it. Please correct the file on a computer,',
      'put the card back and switch the device on, or use the page of the device.',
    ],
  },
  de: {
    title: 'HEARTH: WAS VON DIESER KARTE ÜBERNOMMEN WURDE',
    taken: 'Übernommen:',
    nothing: 'Es wurde nichts übernommen.',
    wrong: 'Das stimmt noch nicht:',
    notes: 'Gut zu wissen:',
    again: [
      'Aus einer hearth.yaml mit Fehlern wird nichts übernommen. Bitte die Datei am Computer verbessern,',
      'die Karte wieder einsetzen und das Gerät einschalten, oder die Seite des Geräts verwenden.',
    ],
  },
} as const;
