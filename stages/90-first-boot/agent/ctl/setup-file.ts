import { readFileSync } from 'node:fs';
import { parseHearthYaml, type YamlFile, type YamlTopic } from '../card/parse-yaml.ts';
import { type Place, placeText } from '../card/texts.ts';
import type { AgentContext } from '../context.ts';
import { checkTopic } from '../setup/check-topic.ts';
import type { Answers, Values } from '../setup/define.ts';
import { readSetup } from '../store/setup-store.ts';
import type { LocalText } from '../text/local-text.ts';
import { CtlProblem, failed, notPossible } from './outcome.ts';
import type { SetupSession } from './setup-session.ts';

/** A mistake in a hearth.yaml. */
export interface FileProblem {
  readonly place: Place;
  /** `device.name` */
  readonly about?: string;
  readonly message: LocalText;
}

export interface AnswersFile {
  readonly file: YamlFile;
  readonly problems: readonly FileProblem[];
}

/** Reads a hearth.yaml and looks for mistakes, with the words that the card and the page have for them. */
export async function readAnswersFile(context: AgentContext, path: string): Promise<AnswersFile> {
  const file = parseHearthYaml(readText(path), context.setups.topics);
  const answers = { ...readSetup(context.paths).answers, ...answersOf(file) };
  const checked = await Promise.all(
    file.topics.map(async (one) => await topicProblems(context, one, answers)),
  );
  return { file, problems: [...file.problems, ...checked.flat()] };
}

/** Gives the answers of a file to the keeper. */
export async function sendAnswers({ door, token }: SetupSession, { topics }: YamlFile): Promise<void> {
  const onlyCard = topics
    .flatMap(({ topic, fields = [] }) => fields.map(({ field }) => ({ topic, field })))
    .find(({ field }) => field.source === 'file');
  if (onlyCard !== undefined)
    throw new CtlProblem(
      `${onlyCard.topic.id}.${onlyCard.field.name} is taken from the card only: copy the file to /boot/firmware/hearth.yaml and restart`,
      notPossible,
    );
  for (const { topic, fields } of topics) {
    const { problems } =
      fields === undefined
        ? await door.call('skip', { token, topic: topic.id })
        : await door.call('save', { token, topic: topic.id, values: valuesOf(fields) });
    const [first] = problems;
    if (first !== undefined) throw new CtlProblem(`${topic.id}: ${plain(first.message)}`, failed);
  }
}

/** `hearth.yaml, line 4, column 9: device.name: …` */
export function problemLine(path: string, { place, about, message }: FileProblem, language: string): string {
  const where = placeText(place);
  const text = typeof message === 'string' ? message : (message[language] ?? message.en);
  const whereText = language === 'de' ? where.de : where.en;
  return `${path}, ${whereText}: ${about === undefined ? '' : `${about}: `}${text}`;
}

async function topicProblems(
  { look }: AgentContext,
  { topic, place, fields }: YamlTopic,
  answers: Answers,
): Promise<readonly FileProblem[]> {
  if (fields === undefined) return [];
  const problems = await checkTopic({ topic, values: valuesOf(fields), answers, source: 'file' }, look);
  return problems.map(({ field, message }) => ({
    place: fields.find((one) => one.field.name === field)?.place ?? place,
    about: field === undefined ? topic.id : `${topic.id}.${field}`,
    message,
  }));
}

function answersOf({ topics }: YamlFile): Answers {
  return Object.fromEntries(
    topics.map(({ topic, fields }) => [
      topic.id,
      fields === undefined ? { state: 'skipped' } : { state: 'answered', values: valuesOf(fields) },
    ]),
  );
}

function valuesOf(fields: NonNullable<YamlTopic['fields']>): Values {
  return Object.fromEntries(fields.map(({ field, value }) => [field.name, value]));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CtlProblem(`${path} can not be read: ${(error as Error).message}`, failed);
  }
}

function plain(text: LocalText): string {
  return typeof text === 'string' ? text : text.en;
}
