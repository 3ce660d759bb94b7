import { type RunResult, StepFailure } from '../device/door.ts';
import type { LocalText } from '../text/local-text.ts';
import { type Blacken, blackenText } from './blacken.ts';

const maxWordsLength = 300;

/** What the owner is told about an error of a step. */
export interface FailureTexts {
  readonly why: LocalText;
  readonly todo: LocalText;
}

/** The texts for an error, secrets blackened: a step's own, else general ones with the message as detail. */
export function failureTexts(error: unknown, blacken: Blacken): FailureTexts {
  if (error instanceof StepFailure)
    return { why: blackenText(error.why, blacken), todo: blackenText(error.todo ?? tryAgain, blacken) };
  // Blackened before it is cut: half a secret would not be found.
  const detail = blacken(error instanceof Error ? error.message : String(error)).slice(0, maxWordsLength);
  return {
    why: {
      en: `Something went wrong that should not happen: ${detail}`,
      de: `Etwas ist schiefgegangen, das nicht vorkommen sollte: ${detail}`,
    },
    todo: tryAgain,
  };
}

/** The failure for a program that did not end well, with its last words. */
export function programFailure(
  program: string,
  { exitCode, stdout, stderr }: RunResult,
  blacken: Blacken,
): StepFailure {
  const name = program.slice(program.lastIndexOf('/') + 1);
  const words = lastWords(blacken(stderr)) || lastWords(blacken(stdout));
  if (words === '')
    return new StepFailure({
      en: `The program "${name}" did not work (exit code ${exitCode}).`,
      de: `Das Programm „${name}“ hat nicht funktioniert (Rückgabewert ${exitCode}).`,
    });
  return new StepFailure({
    en: `The program "${name}" did not work. It said: ${words}`,
    de: `Das Programm „${name}“ hat nicht funktioniert. Es meldete: ${words}`,
  });
}

function lastWords(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-3).join(' ').slice(-maxWordsLength).trim();
}

const tryAgain: LocalText = {
  en: 'Please try again. If it fails again, the log of this step tells more.',
  de: 'Bitte versuchen Sie es noch einmal. Wenn es wieder nicht gelingt, steht mehr im Protokoll dieses Schritts.',
};
