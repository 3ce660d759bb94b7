import { checkTopic } from '../setup/check-topic.ts';
import type { Answers, Topic, TopicAnswer } from '../setup/define.ts';
import type { StoredAnswer, StoredSetup } from '../store/setup-store.ts';
import type { Keeper } from './keeper.ts';
import { askedTopics } from './topics.ts';

/**
 * Adds answers of another device (from its backup) to topics that are still open. What this device does not ask, or does
 * not take, stays open: the owner is asked as always.
 */
export async function fillIn(keeper: Keeper, setup: StoredSetup, others: Answers = {}): Promise<StoredSetup> {
  const filled: Record<string, StoredAnswer> = {};
  for (const topic of await askedTopics(keeper)) {
    const answer = Object.hasOwn(others, topic.id) ? others[topic.id] : undefined;
    if (answer === undefined || setup.answers[topic.id] !== undefined) continue;
    const around = { ...others, ...setup.answers };
    if (await fits(keeper, topic, answer, around)) filled[topic.id] = kept(answer);
  }
  return { ...setup, answers: { ...filled, ...setup.answers } };
}

/** Written by another version of Hearth, perhaps: a check that it makes stumble is one that it does not pass. */
async function fits(
  { context: { look } }: Keeper,
  topic: Topic,
  answer: TopicAnswer,
  answers: Answers,
): Promise<boolean> {
  if (answer.state === 'skipped') return topic.isOptional;
  if (answer.state !== 'answered') return false;
  try {
    return (await checkTopic({ topic, values: answer.values, answers, source: 'file' }, look)).length === 0;
  } catch {
    return false;
  }
}

/** As if the owner had typed it: the steps wait until the owner has them begin. */
function kept(answer: TopicAnswer): StoredAnswer {
  return answer.state === 'answered'
    ? { state: 'answered', values: answer.values, from: 'page' }
    : { state: 'skipped', from: 'page' };
}
