import type { FieldProblem } from '../../setup/define.ts';
import type { Mistake } from '../form-parts.ts';
import type { Frame } from '../frame.ts';

/** What to say about the name that was typed to confirm a reset. */
export function hostnameMistakes(
  { say, texts }: Frame,
  name: string,
  problems: readonly FieldProblem[],
): readonly Mistake[] {
  if (name === '') return [{ field: 'name', message: texts.reset.empty }];
  return problems.map(({ message }) => ({ field: 'name', message: say(message) }));
}
