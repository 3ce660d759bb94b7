import type { Outcome } from './outcome.ts';

/** A file of the card that was looked at; its answers are safely stored. */
export interface Step {
  /** For hearth-card.txt, which is written before `clean`. Absent: it has been told before. */
  readonly outcome?: Outcome;
  /** Removes the secrets from the card. */
  readonly clean: () => void;
}
