import { german } from './de.ts';
import { english } from './en.ts';
import { type LocalText, localText } from './local-text.ts';
import type { Texts } from './texts.ts';

/** A new language is a new file in this folder and a line here. The first one is the fallback. */
export const languages: readonly Texts[] = [english, german];

/** Gives the function that says a stage's text in the language of these texts. */
export function sayIn(texts: Texts): (text: LocalText) => string {
  return (text) => {
    if (typeof text === 'object' && Object.hasOwn(text, texts.language))
      return localText(text, texts.language);
    const sentence = localText(text, 'en');
    const own = texts.sentences ?? {};
    return (Object.hasOwn(own, sentence) ? own[sentence] : undefined) ?? sentence;
  };
}
