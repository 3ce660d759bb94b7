/** A text in one language for all, or one a language; `en` is always there. */
export type LocalText = string | ({ readonly en: string } & Readonly<Record<string, string>>);

/** The text in the wanted language (BCP 47, `de`), else in English. */
export function localText(text: LocalText, language: string): string {
  if (typeof text === 'string') return text;
  return (Object.hasOwn(text, language) ? text[language] : undefined) ?? text.en;
}
