import type { Admission } from '../../door/protocol.ts';
import type { Texts } from '../../text/texts.ts';
import type { Mistake } from '../form-parts.ts';

type Refused = Exclude<Admission, { readonly result: 'granted' }>;

/** What to say to somebody who is not let in. `field` and `wrong` are those of the form. */
export function refusalMistake(
  refused: Refused,
  { field, wrong }: { readonly field: string; readonly wrong: string },
  { code }: Texts,
): Mistake {
  switch (refused.result) {
    case 'wrong':
      return { field, message: wrong };
    case 'limited':
      return { field, message: code.limited(Math.max(1, Math.ceil(refused.retrySeconds / 60))) };
    case 'taken':
      return { message: code.taken };
    case 'closed':
      return { message: code.closedText };
    case 'over':
      return { message: code.over };
  }
}

/** Status and headers for them. */
export function refusalStatus(refused: Refused): readonly [number, Readonly<Record<string, string>>] {
  switch (refused.result) {
    case 'limited':
      return [429, { 'Retry-After': String(Math.max(1, Math.ceil(refused.retrySeconds))) }];
    case 'taken':
      return [409, {}];
    case 'over':
      return [410, {}];
    default:
      return [403, {}];
  }
}
