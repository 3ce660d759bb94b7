/** `1 error`, `2 errors`, `1,482 lines`; the plural is the word with an s unless it is given. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount.toLocaleString('en-US')} ${amount === 1 ? one : many}`;
}
