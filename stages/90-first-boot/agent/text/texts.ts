import type { english } from './en.ts';

/** Everything that the pages say, in one language. The English file decides what there is. */
export type Texts = typeof english & {
  /**
   * The stages say their own texts in English and German. A file for another language may have them here, by their
   * English sentence; what is missing is said in English.
   */
  readonly sentences?: Readonly<Record<string, string>>;
};
