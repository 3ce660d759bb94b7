import { isAsked } from '../setup/check-topic.ts';
import type { Field, FieldProblem, Topic, Values } from '../setup/define.ts';
import { isSecretField } from '../support/sensitive.ts';
import { isOnPage } from './topics.ts';

/**
 * What a form means together with what is kept: a secret that the form does not have stays, and so does what only a file
 * can give. A new secret takes the place of those from a file: the hash of another password would contradict it.
 */
export function mergeValues(topic: Topic, sent: Values, kept: Values = {}): Values {
  const hasNewSecret = topic.fields.some(
    (field) => isOnPage(field) && field.kind === 'secret' && (sent[field.name] ?? '') !== '',
  );
  const entries = topic.fields.flatMap((field): readonly (readonly [string, string])[] => {
    const stays = isOnPage(field) ? isSecretField(field) : !(isSecretField(field) && hasNewSecret);
    const value =
      sent[field.name] ?? (stays && !isOfAnother(field, sent, kept) ? kept[field.name] : undefined) ?? '';
    const text = field.kind === 'text' ? value.replaceAll('\r\n', '\n') : value;
    return text === '' ? [] : [[field.name, text]];
  });
  const merged = Object.fromEntries(entries);
  const asked = topic.fields.filter((field) => isAsked(field, merged)).map((field) => field.name);
  return Object.fromEntries(entries.filter(([name]) => asked.includes(name)));
}

function isOfAnother(field: Field, sent: Values, kept: Values): boolean {
  if (field.kind !== 'secret' || field.belongsTo === undefined) return false;
  return (sent[field.belongsTo] ?? '') !== (kept[field.belongsTo] ?? '');
}

/** A page can give only what a page asks. */
export function strangeFields(topic: Topic, sent: Values): readonly FieldProblem[] {
  const known = topic.fields.filter(isOnPage).map((field) => field.name);
  return Object.keys(sent)
    .filter((name) => !known.includes(name))
    .map((field) => ({ field, message: unknownField }));
}

const unknownField = { en: 'There is no such field.', de: 'Dieses Feld gibt es nicht.' } as const;
