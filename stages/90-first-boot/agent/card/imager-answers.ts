import type { AgentContext } from '../context.ts';
import { checkTopic, choicesOf } from '../setup/check-topic.ts';
import type { Field, FieldProblem, Topic, Values } from '../setup/define.ts';
import type { StoredAnswer } from '../store/setup-store.ts';
import type { LocalText } from '../text/local-text.ts';
import type { Findings } from './findings.ts';
import type { CardProblem, Outcome } from './outcome.ts';

type StoredAnswers = Readonly<Record<string, StoredAnswer>>;

export interface ImagerFindings {
  readonly findings: readonly (Findings & { readonly file: string })[];
  /** Wi-Fi country of the kernel's command line. */
  readonly country?: string | undefined;
}

/** Checks what Imager's files say, topic by topic. What is right becomes an answer, what is not is told. */
export async function checkFindings(
  { findings, country }: ImagerFindings,
  context: AgentContext,
  stored: StoredAnswers,
): Promise<{ readonly answers: StoredAnswers; readonly outcome: Outcome }> {
  const answers: Record<string, StoredAnswer> = { ...stored };
  const taken: Outcome['taken'][number][] = [];
  const problems: CardProblem[] = findings.flatMap(({ file, problem }) =>
    problem === undefined ? [] : [{ file, message: problem }],
  );
  const notes = findings.flatMap(({ file, notes: all }) => all.map((message) => ({ file, message })));
  const wishes = mergeValues(findings, country);
  for (const topic of context.setups.topics) {
    const wish = wishes.get(topic.id);
    if (wish === undefined) continue;
    const result = await checkWish(topic, wish.values, { context, answers });
    if (result.values !== undefined) {
      answers[topic.id] = { state: 'answered', values: result.values, from: 'card' };
      taken.push({ id: topic.id, short: topic.short });
    }
    problems.push(...result.problems.map((problem) => told(problem, topic, wish.file)));
  }
  const known = new Set(context.setups.topics.map((topic) => topic.id));
  for (const [id, { file }] of wishes) if (!known.has(id)) notes.push({ file, message: noTopic(id) });
  return { answers, outcome: { taken, problems, notes } };
}

interface Wish {
  readonly file: string;
  readonly values: Record<string, string>;
}

function mergeValues(findings: ImagerFindings['findings'], country: string | undefined): Map<string, Wish> {
  const wishes = new Map<string, Wish>();
  for (const { file, values } of findings) {
    for (const [topic, fields] of Object.entries(values)) {
      const wish = wishes.get(topic) ?? { file, values: {} };
      wishes.set(topic, { ...wish, values: { ...fields, ...wish.values } });
    }
  }
  const wifi = wishes.get('wifi');
  if (wifi !== undefined && country !== undefined) wifi.values['country'] ??= country;
  // The country alone is no network to join, and SSH alone nobody who may use it; Imager writes both without being asked.
  if (wifi !== undefined && wifi.values['network'] === undefined) wishes.delete('wifi');
  if (Object.keys(wishes.get('administrator')?.values ?? {}).join() === 'sshPassword')
    wishes.delete('administrator');
  return wishes;
}

interface Around {
  readonly context: AgentContext;
  readonly answers: StoredAnswers;
}

interface CheckedWish {
  readonly values?: Values;
  readonly problems: readonly FieldProblem[];
}

async function checkWish(topic: Topic, wish: Values, around: Around): Promise<CheckedWish> {
  try {
    const values = await fitting(topic, wish, around.context);
    const problems = await check(topic, values, around);
    if (problems.length === 0) return { values, problems };
    // Only what is wrong is left out, if the topic does without it.
    const wrong = new Set(problems.map((problem) => problem.field));
    const rest = Object.fromEntries(Object.entries(values).filter(([name]) => !wrong.has(name)));
    const isUseful = Object.keys(rest).length > 0 && !wrong.has(undefined);
    const isRight = isUseful && (await check(topic, rest, around)).length === 0;
    return isRight ? { values: rest, problems } : { problems };
  } catch {
    return { problems: [{ message: notChecked }] };
  }
}

function check(topic: Topic, values: Values, { context, answers }: Around): Promise<readonly FieldProblem[]> {
  return checkTopic({ topic, values, answers, source: 'file' }, context.look);
}

/** Only fields that the topic has; a choice in the way the topic writes it (`de` for `de_DE.UTF-8`). */
async function fitting(topic: Topic, wish: Values, context: AgentContext): Promise<Values> {
  const values: Record<string, string> = {};
  for (const field of topic.fields) {
    const value = wish[field.name];
    if (value !== undefined) values[field.name] = await fittingValue(field, value, context);
  }
  return values;
}

async function fittingValue(field: Field, value: string, context: AgentContext): Promise<string> {
  if (field.kind !== 'choice') return value;
  const choices = (await choicesOf(field, context.look)).map((choice) => choice.value);
  const [language = value] = value.split(/[_.]/);
  return choices.includes(value) || !choices.includes(language) ? value : language;
}

function told({ field, message }: FieldProblem, topic: Topic, file: string): CardProblem {
  return { file, about: field === undefined ? topic.id : `${topic.id}.${field}`, message };
}

function noTopic(id: string): LocalText {
  return {
    en: `This image does not ask for "${id}": that setting was left out.`,
    de: `Dieses Image fragt nicht nach „${id}“: Diese Einstellung wurde ausgelassen.`,
  };
}

/** A rule that broke, instead of saying yes or no. */
export const notChecked: LocalText = {
  en: 'This could not be checked. Please use the page of the device.',
  de: 'Das ließ sich nicht prüfen. Bitte die Seite des Geräts verwenden.',
};
