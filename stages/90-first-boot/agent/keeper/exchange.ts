import type { Exchanged, Topic, Values } from '../setup/define.ts';
import { describeError } from './describe-error.ts';
import type { Keeper } from './keeper.ts';
import { withTimeLimit } from './time-limit.ts';

/** Less than what a page waits for the keeper. */
const limitMs = 20_000;

/** Has the topic turn its answers into those that are kept. One that breaks or takes too long is a problem of the topic. */
export async function exchangeAnswer(
  { context: { look, report } }: Keeper,
  { id, exchange }: Topic,
  values: Values,
): Promise<Exchanged> {
  if (exchange === undefined) return { values };
  const end = new AbortController();
  try {
    const late: Exchanged = { problems: [{ message: messages.late }] };
    return await withTimeLimit(exchange(values, look, end.signal), limitMs, late);
  } catch (error) {
    report(`the exchange of ${id} broke: ${describeError(error)}`);
    return { problems: [{ message: messages.broken }] };
  } finally {
    end.abort();
  }
}

const messages = {
  late: {
    en: 'This took too long. Please try again.',
    de: 'Das hat zu lange gedauert. Bitte versuchen Sie es noch einmal.',
  },
  broken: {
    en: 'This did not work. Please try again.',
    de: 'Das hat nicht funktioniert. Bitte versuchen Sie es noch einmal.',
  },
} as const;
