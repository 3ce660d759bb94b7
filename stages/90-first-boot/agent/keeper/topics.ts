import type { FieldView, TopicView } from '../door/protocol.ts';
import { isAskedWith } from '../setup/asked-with.ts';
import type { Field, Topic, Values } from '../setup/define.ts';
import { readSetup, type StoredAnswer } from '../store/setup-store.ts';
import { isSecretField } from '../support/sensitive.ts';
import type { Keeper } from './keeper.ts';

/** What the owner is asked on this device, with the answers so far. Of secrets only whether there is one. */
export async function topicViews(keeper: Keeper): Promise<readonly TopicView[]> {
  const { answers } = readSetup(keeper.context.paths);
  const topics = (await askedTopics(keeper)).filter((topic) => isAskedWith(topic, answers));
  return await Promise.all(topics.map((topic) => topicView(keeper, topic, answers[topic.id])));
}

/** The topics that pages ask on this device: those with hardware for them, and with more than fields for files. */
export async function askedTopics({ context, topicLook }: Keeper): Promise<readonly Topic[]> {
  const withPage = context.setups.topics.filter((topic) => topic.fields.some(isOnPage));
  const available = await Promise.all(withPage.map((topic) => topicLook.isAvailable(topic)));
  return withPage.filter((_topic, index) => available[index]);
}

/** Whether a page asks for the field; others only a file on the card can give. */
export function isOnPage(field: Field): boolean {
  return field.source !== 'file';
}

async function topicView(keeper: Keeper, topic: Topic, answer: StoredAnswer | undefined): Promise<TopicView> {
  const values = answer?.state === 'answered' ? answer.values : undefined;
  const fields = topic.fields.filter(isOnPage);
  return {
    id: topic.id,
    title: topic.title,
    short: topic.short,
    ...(topic.text === undefined ? {} : { text: topic.text }),
    isOptional: topic.isOptional,
    state: answer?.state ?? 'open',
    ...(answer === undefined ? {} : { from: answer.from }),
    fields: await Promise.all(fields.map((field) => fieldView(keeper, topic, field, values))),
  };
}

async function fieldView(
  { topicLook }: Keeper,
  topic: Topic,
  field: Field,
  values: Values | undefined,
): Promise<FieldView> {
  const suggestions = await topicLook.suggestions(field);
  const choices = await topicLook.choices(field);
  const shown = isSecretField(field)
    ? { isSet: isSecretSet(topic, field, values) }
    : // Once the topic is answered, an empty field is an answer too.
      shownValue(values === undefined ? await topicLook.prefill(field) : values[field.name]);
  return {
    name: field.name,
    kind: field.kind,
    label: field.label,
    isOptional: field.isOptional === true,
    ...(field.help === undefined ? {} : { help: field.help }),
    ...(field.autocomplete === undefined ? {} : { autocomplete: field.autocomplete }),
    ...(field.kind === 'choice' ? {} : { maxLength: field.maxLength }),
    ...(field.kind === 'secret' ? { isNew: field.isNew } : {}),
    ...(field.kind === 'text' ? looksOf(field) : {}),
    ...(suggestions === undefined ? {} : { suggestions }),
    ...(choices === undefined ? {} : { choices }),
    ...shown,
  };
}

/** A ready-made hash from the card stands for the password that the page would ask for. */
function isSecretSet(topic: Topic, field: Field, values: Values = {}): boolean {
  const fromFile = topic.fields.filter((one) => !isOnPage(one) && isSecretField(one));
  return [field, ...fromFile].some((one) => (values[one.name] ?? '') !== '');
}

function shownValue(value: string | undefined): Pick<FieldView, 'value'> {
  return value === undefined ? {} : { value };
}

function looksOf({ lines, inputMode }: Extract<Field, { kind: 'text' }>): Partial<FieldView> {
  return { ...(lines === undefined ? {} : { lines }), ...(inputMode === undefined ? {} : { inputMode }) };
}
