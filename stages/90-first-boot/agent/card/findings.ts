import type { LocalText } from '../text/local-text.ts';

/** What one file of Raspberry Pi Imager says, in our topics and fields. Nothing of it is checked yet. */
export interface Findings {
  readonly values: FoundValues;
  /** What the file also asks for and Hearth does not do. No values of the owner. */
  readonly notes: readonly LocalText[];
  /** The file can't be read at all: nothing was found. */
  readonly problem?: LocalText;
}

/** Values by topic and field. */
export type FoundValues = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Collects values while a file is read: the first one of a field counts. */
export interface Collector {
  readonly set: (topic: string, field: string, value: string | undefined) => void;
  readonly note: (note: LocalText) => void;
  readonly findings: () => Findings;
}

/** Makes an empty collector. Empty values are not kept: they say nothing. */
export function collector(): Collector {
  const values: Record<string, Record<string, string>> = {};
  const notes: LocalText[] = [];
  return {
    set: (topic, field, value) => {
      if (value === undefined || value === '') return;
      values[topic] ??= {};
      values[topic][field] ??= value;
    },
    note: (note) => notes.push(note),
    findings: () => ({ values, notes }),
  };
}

/** What a file that nobody can read gives. */
export function unreadable(problem: LocalText): Findings {
  return { values: {}, notes: [], problem };
}

/** A password hash as crypt(3) knows it; `!`, `*` and an empty one mean: no password. */
export function isPasswordHash(text: string): boolean {
  return /^\$[0-9a-z]+\$[^\s:]+$/.test(text);
}
