import { sayIn } from '../text/languages.ts';
import type { LocalText } from '../text/local-text.ts';
import type { Texts } from '../text/texts.ts';

/** What every page is made with, whatever it shows. */
export interface Frame {
  readonly texts: Texts;
  /** Says a text of a stage in the page's language. */
  readonly say: (text: LocalText) => string;
  /** What the forms of a session carry; undefined without a session. */
  readonly formToken?: string | undefined;
  /** The page itself, to come back to when the language was changed. */
  readonly path: string;
  /** `link`: where cookies are not kept, the language stands in the address. */
  readonly languageBy: 'form' | 'link';
}

/** A frame for a page that needs no session. */
export function frameOf(
  texts: Texts,
  rest: Partial<Pick<Frame, 'formToken' | 'path' | 'languageBy'>> = {},
): Frame {
  return { texts, say: sayIn(texts), path: '/', languageBy: 'form', ...rest };
}
