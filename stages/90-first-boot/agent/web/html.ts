/** A piece of HTML that is safe to put into a page. Only `html` makes one. */
export interface Html {
  readonly markup: string;
}

type Part = string | number | Html | readonly Html[];

/** Template tag: every inserted text is escaped, pieces of HTML and lists of them are not. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return {
    markup: strings.reduce((before, text, index) => before + render(parts[index - 1] ?? '') + text),
  };
}

/** A text of this program itself (style, script, drawing), inserted as it is. */
export function trusted(markup: string): Html {
  return { markup };
}

function render(part: Part): string {
  if (typeof part === 'string' || typeof part === 'number') return escapeText(String(part));
  return 'markup' in part ? part.markup : part.map((piece) => piece.markup).join('');
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
