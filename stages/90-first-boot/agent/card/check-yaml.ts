import type { AgentContext } from '../context.ts';
import { checkTopic, choicesOf } from '../setup/check-topic.ts';
import type { FieldProblem, Topic, Values } from '../setup/define.ts';
import type { StoredAnswer } from '../store/setup-store.ts';
import { notChecked } from './imager-answers.ts';
import type { YamlField, YamlFile, YamlProblem, YamlTopic } from './parse-yaml.ts';
import { withPossible, yamlTexts } from './yaml-texts.ts';

type StoredAnswers = Readonly<Record<string, StoredAnswer>>;

export interface CheckedYaml {
  /** In the order of the file. Empty: the answers below count. */
  readonly problems: readonly YamlProblem[];
  /** The stored answers with those of the file. */
  readonly answers: StoredAnswers;
  readonly taken: readonly Topic[];
}

const longestList = 12;

/** Checks the answers of a hearth.yaml with the rules of the page, all of them at once. */
export async function checkYaml(
  file: YamlFile,
  context: AgentContext,
  stored: StoredAnswers,
): Promise<CheckedYaml> {
  const answers: Record<string, StoredAnswer> = { ...stored };
  const problems = [...file.problems];
  for (const one of file.topics) {
    if (one.fields === undefined) answers[one.topic.id] = { state: 'skipped', from: 'card' };
    else if (!isUnchanged(one.fields, stored[one.topic.id])) {
      problems.push(...missingSecrets(one, stored));
      answers[one.topic.id] = {
        state: 'answered',
        values: valuesOf(one.fields, stored[one.topic.id]),
        from: 'card',
      };
    }
  }
  const taken = file.topics.filter(({ topic }) => answers[topic.id] !== stored[topic.id]);
  for (const one of taken) problems.push(...(await checkAnswer(one, context, { answers, problems })));
  problems.sort((a, b) => a.place.line - b.place.line || a.place.col - b.place.col);
  return { problems, answers, taken: taken.map((one) => one.topic) };
}

/** A topic whose secrets were taken before, and in which nothing else was changed since. */
function isUnchanged(fields: readonly YamlField[], stored: StoredAnswer | undefined): boolean {
  if (stored?.state !== 'answered' || !fields.some((one) => one.isTaken)) return false;
  return fields.every((one) => one.isTaken || one.value === (stored.values[one.field.name] ?? ''));
}

function valuesOf(fields: readonly YamlField[], stored: StoredAnswer | undefined): Values {
  const entries = fields.map(
    (one) => [one.field.name, one.isTaken ? storedValue(one, stored) : one.value] as const,
  );
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}

function storedValue(one: YamlField, stored: StoredAnswer | undefined): string {
  return (stored?.state === 'answered' ? stored.values[one.field.name] : undefined) ?? '';
}

function missingSecrets({ topic, fields = [] }: YamlTopic, stored: StoredAnswers): readonly YamlProblem[] {
  return fields
    .filter((one) => one.isTaken && storedValue(one, stored[topic.id]) === '')
    .map((one) => ({ place: one.place, about: `${topic.id}.${one.field.name}`, message: yamlTexts.gone }));
}

async function checkAnswer(
  one: YamlTopic,
  context: AgentContext,
  { answers, problems }: { readonly answers: StoredAnswers; readonly problems: readonly YamlProblem[] },
): Promise<readonly YamlProblem[]> {
  const answer = answers[one.topic.id];
  if (answer?.state !== 'answered') return [];
  const asked = { topic: one.topic, values: answer.values, answers, source: 'file' } as const;
  const found = await checkTopic(asked, context.look).catch(() => [{ message: notChecked }]);
  const told = await Promise.all(found.map((problem) => tell(problem, one, context)));
  // Once is enough: "there is no such field" already says why "network" is empty.
  return told.filter(({ about }) => !problems.some((other) => other.about === about));
}

async function tell(
  { field: name, message }: FieldProblem,
  one: YamlTopic,
  context: AgentContext,
): Promise<YamlProblem> {
  const field = one.topic.fields.find((other) => other.name === name);
  if (field === undefined) return { place: one.place, about: one.topic.id, message };
  const written = one.fields?.find((other) => other.field === field);
  const choices =
    field.kind === 'choice' ? (await choicesOf(field, context.look)).map((choice) => choice.value) : [];
  const isShort = choices.length > 0 && choices.length <= longestList;
  return {
    place: written?.place ?? one.place,
    about: `${one.topic.id}.${field.name}`,
    message: isShort ? withPossible(message, choices) : message,
  };
}
