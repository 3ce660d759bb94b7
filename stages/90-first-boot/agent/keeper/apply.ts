import type { Done, Problems } from '../door/protocol.ts';
import { isAskedWith } from '../setup/asked-with.ts';
import { checkTopic } from '../setup/check-topic.ts';
import type { FieldProblem, Topic } from '../setup/define.ts';
import { readSetup, type StoredAnswer, type StoredSetup, writeSetup } from '../store/setup-store.ts';
import type { LocalText } from '../text/local-text.ts';
import { startApplier } from './applier.ts';
import type { Keeper } from './keeper.ts';
import { KeeperRefusal } from './refusal.ts';
import { askedTopics } from './topics.ts';

/**
 * Starts the work. `field` of a problem is the id of the topic that it is about. Optional topics without an answer count
 * as skipped from now on: a step waits only for what may still be answered.
 */
export async function apply(keeper: Keeper): Promise<Problems> {
  const { paths } = keeper.context;
  for (;;) {
    const before = readSetup(paths);
    const problems = await problemsOf(keeper, before);
    if (problems.length > 0) return { problems };
    if (keeper.phase() !== 'asking') throw new KeeperRefusal('phase');
    if (JSON.stringify(readSetup(paths)) !== JSON.stringify(before)) continue;
    writeSetup(paths, { ...before, answers: withSkipped(keeper, before), isWanted: true });
    await startApplier(keeper);
    return { problems: [] };
  }
}

/** Tries the failed step again: a new start of the applier goes on where the last one ended. */
export async function retry(keeper: Keeper): Promise<Done> {
  await startApplier(keeper);
  return {};
}

async function problemsOf(keeper: Keeper, setup: StoredSetup): Promise<readonly FieldProblem[]> {
  const topics = (await askedTopics(keeper)).filter((topic) => isAskedWith(topic, setup.answers));
  const found = await Promise.all(topics.map((topic) => topicProblem(keeper, topic, setup)));
  return found.flatMap((problem) => problem ?? []);
}

/** Answers are checked when they are kept; a later answer to another topic may have made one of them wrong. */
async function topicProblem(
  { context }: Keeper,
  topic: Topic,
  { answers }: StoredSetup,
): Promise<FieldProblem | undefined> {
  const answer = answers[topic.id];
  if (answer?.state !== 'answered')
    return topic.isOptional ? undefined : { field: topic.id, message: openText };
  const [first] = await checkTopic({ topic, values: answer.values, answers, source: 'file' }, context.look);
  return first === undefined ? undefined : { field: topic.id, message: first.message };
}

function withSkipped({ context }: Keeper, { answers }: StoredSetup): StoredSetup['answers'] {
  const open = context.setups.topics.filter((topic) => answers[topic.id] === undefined);
  const skipped: StoredAnswer = { state: 'skipped', from: 'page' };
  return { ...answers, ...Object.fromEntries(open.map((topic) => [topic.id, skipped])) };
}

const openText: LocalText = {
  en: 'Please answer this first.',
  de: 'Bitte beantworten Sie das zuerst.',
};
