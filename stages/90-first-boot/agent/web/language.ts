import { german } from '../text/de.ts';
import { english } from '../text/en.ts';
import type { Texts } from '../text/texts.ts';

/** A new language is a new file in text/ and a line here. The first one is the fallback. */
const languages: readonly Texts[] = [english, german];

/** Chooses the language that the browser likes best: `de-AT, de;q=0.9, en;q=0.5`. */
export function chooseTexts(acceptLanguage: string | undefined): Texts {
  const wishes = (acceptLanguage ?? '').slice(0, 500).split(',').map(parseWish);
  wishes.sort((a, b) => b.weight - a.weight);
  for (const wish of wishes) {
    const texts = languages.find((candidate) => candidate.language === wish.language);
    if (texts !== undefined && wish.weight > 0) return texts;
  }
  return english;
}

function parseWish(item: string): { readonly language: string; readonly weight: number } {
  const [tag = '', quality] = item
    .trim()
    .toLowerCase()
    .split(/\s*;\s*q=/);
  const weight = quality === undefined ? 1 : Number(quality);
  return { language: tag.split('-')[0] ?? '', weight: Number.isFinite(weight) ? weight : 0 };
}
