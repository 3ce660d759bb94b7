import type { LocalText } from '../text/local-text.ts';
import type { Place } from './texts.ts';

/** What came of a file of the card. Goes into hearth-card.txt; nothing in it is a value of the owner. */
export interface Outcome {
  /** Names of the topics that were taken over. */
  readonly taken: readonly { readonly id: string; readonly short: LocalText }[];
  readonly problems: readonly CardProblem[];
  readonly notes: readonly { readonly file: string; readonly message: LocalText }[];
}

export interface CardProblem {
  readonly file: string;
  readonly place?: Place;
  /** `wifi.password`, or `wifi` for the whole topic. Only names that Hearth knows. */
  readonly about?: string;
  readonly message: LocalText;
}

/** Puts outcomes together. */
export function mergeOutcomes(outcomes: readonly Outcome[]): Outcome {
  return {
    taken: outcomes
      .flatMap((one) => one.taken)
      .filter((one, index, all) => all.findIndex(({ id }) => id === one.id) === index),
    problems: outcomes.flatMap((one) => one.problems),
    notes: outcomes.flatMap((one) => one.notes),
  };
}

/** One line a fact for the journal: places and names of topics, no words of the owner. */
export function journalLines({ taken, problems, notes }: Outcome): readonly string[] {
  return [
    ...(taken.length > 0 ? [`taken from the card: ${taken.map((one) => one.id).join(', ')}`] : []),
    ...problems.map(({ file, place, about }) => {
      const where = place === undefined ? '' : `:${place.line}:${place.col}`;
      return `${file}${where}: ${about ?? 'the file'} could not be taken, see hearth-card.txt`;
    }),
    ...notes.map(({ file, message }) => `${file}: ${typeof message === 'string' ? message : message.en}`),
  ];
}
