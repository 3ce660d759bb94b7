import type { TopicView } from '../../door/protocol.ts';
import type { Answers, FieldProblem, Topic, TopicAnswer, Values } from '../../setup/define.ts';
import type { Form } from '../form-body.ts';
import type { Mistake } from '../form-parts.ts';
import { textsOf } from '../language.ts';
import { isSecretField } from '../pages/fields.ts';
import { languageCookie } from '../session-cookie.ts';
import type { Visit } from '../visit.ts';
import { tokenOf } from './session-token.ts';

const liveCheckMs = 10_000;

/** The answers that a form gives to a topic. A secret that was left empty is absent: it stays as it was. */
export function valuesOf(form: Form, topic: TopicView): Values {
  return Object.fromEntries(
    topic.fields.flatMap((field): readonly [string, string][] => {
      const value = form.get(field.name);
      if (form.has(`_clear.${field.name}`)) return [[field.name, '']];
      if (value === undefined || (isSecretField(field) && value === '')) return [];
      return [[field.name, field.lines === undefined && !isSecretField(field) ? value.trim() : value]];
    }),
  );
}

/** Checks the answers against the world, then lets the keeper check and keep them. Empty: they are kept. */
export async function saveTopic(
  visit: Visit,
  topic: TopicView,
  values: Values,
  topics: readonly TopicView[],
): Promise<readonly Mistake[]> {
  const { doors, frame } = visit;
  const rules = doors.topics.find(({ id }) => id === topic.id);
  const live =
    rules === undefined ? [] : await checkLive(rules, { topic, values, others: answersOf(topics) });
  const problems =
    live.length > 0
      ? live
      : (await doors.door.call('save', { token: tokenOf(visit), topic: topic.id, values })).problems;
  return problems.map((problem) => mistakeOf(problem, topic, frame));
}

/** Saying the device's language is also a choice for these pages. */
export function languageCookies(topic: TopicView, values: Values): readonly string[] {
  return topic.fields.flatMap((field) => {
    const chosen = isLanguageField(field) ? textsOf(values[field.name]) : undefined;
    return chosen === undefined ? [] : [languageCookie(chosen.language)];
  });
}

/** A choice between languages that the pages speak. */
export function isLanguageField({ choices = [] }: TopicView['fields'][number]): boolean {
  return choices.length > 1 && choices.every(({ value }) => textsOf(value) !== undefined);
}

/** A problem in the page's language, at its field if the page has it. */
export function mistakeOf(
  { field, message }: FieldProblem,
  topic: TopicView | undefined,
  { say }: Visit['frame'],
): Mistake {
  const isHere = topic?.fields.some(({ name }) => name === field) === true;
  return field !== undefined && isHere ? { field, message: say(message) } : { message: say(message) };
}

interface Attempt {
  readonly topic: TopicView;
  readonly values: Values;
  readonly others: Answers;
}

async function checkLive(rules: Topic, { topic, values, others }: Attempt): Promise<readonly FieldProblem[]> {
  const { liveCheck } = rules;
  if (liveCheck === undefined || !isReadyForCheck(rules, topic, values)) return [];
  const signal = AbortSignal.timeout(liveCheckMs);
  const late = new Promise<readonly FieldProblem[]>((resolve) =>
    signal.addEventListener('abort', () => resolve([]), { once: true }),
  );
  // What can't be found out is no problem of the owner.
  return await Promise.race([liveCheck(values, signal, others).catch(() => []), late]);
}

/** The world is only asked about answers that are well-formed and complete: secrets that stay are not known here. */
function isReadyForCheck(rules: Topic, topic: TopicView, values: Values): boolean {
  return topic.fields.every(({ name, isOptional, isSet }) => {
    const value = values[name] ?? '';
    const rule = rules.fields.find((field) => field.name === name);
    if (value !== '') return rule?.validate?.(value, values) === undefined;
    return isSet !== true && (isOptional || rule?.onlyIf?.(values) === false);
  });
}

/** What the pages show of all answers: no secrets. */
function answersOf(topics: readonly TopicView[]): Answers {
  const given = topics.flatMap(({ id, state, fields }): readonly [string, TopicAnswer][] => {
    if (state === 'open') return [];
    const shown = fields.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]));
    return [[id, state === 'skipped' ? { state } : { state, values: Object.fromEntries(shown) as Values }]];
  });
  return Object.fromEntries(given);
}
