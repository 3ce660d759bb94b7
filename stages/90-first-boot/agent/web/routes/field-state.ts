import type { TopicView } from '../../door/protocol.ts';
import type { Topic, Values } from '../../setup/define.ts';
import type { Mistake } from '../form-parts.ts';
import type { FieldsState } from '../pages/fields.ts';
import type { Visit } from '../visit.ts';
import { isLanguageField } from './save-topic.ts';

/** How the fields of a topic are shown: as typed after a mistake, else with the answers so far. */
export function fieldsState(
  { doors, frame }: Visit,
  topic: TopicView,
  after: { readonly typed?: Values; readonly mistakes?: readonly Mistake[] } = {},
): FieldsState {
  const isNew = topic.state === 'open' && after.typed === undefined;
  // Whoever reads these pages in a language most likely wants it.
  const guess = topic.fields.filter(isLanguageField).map(({ name }) => [name, frame.texts.language] as const);
  return {
    typed: after.typed ?? (isNew && guess.length > 0 ? Object.fromEntries(guess) : undefined),
    mistakes: after.mistakes ?? [],
    when: conditions(
      topic,
      doors.topics.find(({ id }) => id === topic.id),
    ),
    isNew,
  };
}

/** Which fields are asked only with some choices of another field, in the script's words: `FIELD VALUE VALUE`. */
function conditions(topic: TopicView, rules: Topic | undefined): Readonly<Record<string, string>> {
  const pickers = topic.fields.filter(({ kind }) => kind === 'choice');
  const known = Object.fromEntries(topic.fields.map(({ name, value = '' }) => [name, value]));
  const found = (rules?.fields ?? []).flatMap(({ name, onlyIf }): readonly [string, string][] => {
    if (onlyIf === undefined) return [];
    const picker = pickers
      .map((field) => ({
        field: field.name,
        all: field.choices ?? [],
        fitting: (field.choices ?? []).filter(({ value }) => onlyIf({ ...known, [field.name]: value })),
      }))
      .find(({ field, all, fitting }) => field !== name && fitting.length > 0 && fitting.length < all.length);
    return picker === undefined
      ? []
      : [[name, [picker.field, ...picker.fitting.map(({ value }) => value)].join(' ')]];
  });
  return Object.fromEntries(found);
}
