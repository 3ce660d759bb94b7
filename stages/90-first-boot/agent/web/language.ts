import { languages } from '../text/languages.ts';
import type { Texts } from '../text/texts.ts';

export interface LanguageWishes {
  /** What the visitor chose on a page: the cookie. */
  readonly chosen?: string | undefined;
  /** The browser's header: `de-AT, de;q=0.9, en;q=0.5`. */
  readonly acceptLanguage?: string | undefined;
  /** What the owner chose for the device. */
  readonly owner?: string | undefined;
}

/** Chooses the language of the pages: the visitor's choice, what the browser likes best, the owner's, English. */
export function chooseTexts({ chosen, acceptLanguage, owner }: LanguageWishes): Texts {
  const found = textsOf(chosen) ?? acceptedTexts(acceptLanguage) ?? textsOf(owner?.split(/[-_]/)[0]);
  return found ?? (languages[0] as Texts);
}

/** The texts of a language, if there are any. */
export function textsOf(language: string | undefined): Texts | undefined {
  return languages.find((candidate) => candidate.language === language);
}

function acceptedTexts(acceptLanguage: string | undefined): Texts | undefined {
  const wishes = (acceptLanguage ?? '').slice(0, 500).split(',').map(parseWish);
  wishes.sort((a, b) => b.weight - a.weight);
  for (const wish of wishes) {
    const texts = textsOf(wish.language);
    if (texts !== undefined && wish.weight > 0) return texts;
  }
  return undefined;
}

function parseWish(item: string): { readonly language: string; readonly weight: number } {
  const [tag = '', quality] = item
    .trim()
    .toLowerCase()
    .split(/\s*;\s*q=/);
  const weight = quality === undefined ? 1 : Number(quality);
  return { language: tag.split('-')[0] ?? '', weight: Number.isFinite(weight) ? weight : 0 };
}
