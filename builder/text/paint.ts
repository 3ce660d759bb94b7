import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'cyan';

/** Gives a text a look. `plainPaint` leaves it alone. */
export type Paint = (style: Style, text: string) => string;

/** The paint for files, tests and everything that is not a terminal. */
export function plainPaint(_style: Style, text: string): string {
  return text;
}

/**
 * The paint for a stream: colour only on a terminal, and NO_COLOR, FORCE_COLOR and TERM are obeyed (Node reads
 * them). `when` is the user's own word from the command line and wins.
 */
export function paintFor(stream: NodeJS.WritableStream, when: 'auto' | 'always' | 'never' = 'auto'): Paint {
  switch (when) {
    case 'never':
      return plainPaint;
    case 'always':
      return (style, text) => styleText(style, text, { validateStream: false });
    case 'auto':
      return (style, text) => styleText(style, text, { stream });
  }
}
