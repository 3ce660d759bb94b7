/** `a`, `a or b`, `a, b or c`. */
export function joinWords(words: readonly string[], lastWord: 'or' | 'and' = 'or'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${lastWord} ${words.at(-1)}`;
}
