import type { DoorCalls, Phase, Problems } from '../door/protocol.ts';
import { foldEvents } from '../events/fold.ts';
import { readEvents } from '../events/read-events.ts';
import { checkTopic } from '../setup/check-topic.ts';
import type { Answers, Topic, TopicAnswer, Values } from '../setup/define.ts';
import { readSetup, type StoredSetup, writeSetup } from '../store/setup-store.ts';
import { startApplier } from './applier.ts';
import { exchangeAnswer } from './exchange.ts';
import { fillIn } from './fill-in.ts';
import type { Keeper } from './keeper.ts';
import { mergeValues, strangeFields } from './merge-values.ts';
import { KeeperRefusal } from './refusal.ts';
import { askedTopics } from './topics.ts';

/** Keeps the answers to a topic, on the disk when it returns. After the setup they are applied at once. */
export async function save(keeper: Keeper, ask: DoorCalls['save']['ask']): Promise<Problems> {
  const topic = await topicOf(keeper, ask.topic);
  const strange = strangeFields(topic, ask.values);
  if (strange.length > 0) return { problems: strange };
  if (topic.exchange === undefined) return await saveValues(keeper, topic, ask.values);
  // A form that is sent twice must not show a code twice that is good for once.
  return await keeper.inTurn(() => saveValues(keeper, topic, ask.values));
}

async function saveValues(keeper: Keeper, topic: Topic, asked: Values): Promise<Problems> {
  const { paths, look } = keeper.context;
  let sent = asked;
  let others: Answers | undefined;
  let isToExchange = topic.exchange !== undefined;
  for (;;) {
    const phase = writablePhase(keeper);
    const before = readSetup(paths);
    const kept = before.answers[topic.id];
    const values = mergeValues(topic, sent, kept?.state === 'answered' ? kept.values : {});
    // The merged answers hold what a file gave, too.
    const problems = await checkTopic({ topic, values, answers: before.answers, source: 'file' }, look);
    if (problems.length > 0) return { problems };
    if (isToExchange) {
      const exchanged = await exchangeAnswer(keeper, topic, values);
      if ('problems' in exchanged) return exchanged;
      sent = exchanged.values;
      others = exchanged.others;
      isToExchange = false;
      continue;
    }
    const filled = await fillIn(keeper, before, others);
    // The checks took time. What was kept meanwhile is not overwritten with what was read before it.
    if (writablePhase(keeper) !== phase || !isSame(readSetup(paths), before)) continue;
    keepAnswer(keeper, filled, topic, { state: 'answered', values });
    if (phase === 'complete') await startApplier(keeper);
    return { problems: [] };
  }
}

/** Puts an optional topic off. What is set up already can be changed, but not skipped: nothing would take it back. */
export async function skip(keeper: Keeper, ask: DoorCalls['skip']['ask']): Promise<Problems> {
  const topic = await topicOf(keeper, ask.topic);
  if (!topic.isOptional) return { problems: [{ message: messages.needed }] };
  const setup = readSetup(keeper.context.paths);
  const phase = writablePhase(keeper);
  if (phase !== 'asking' && setup.answers[topic.id]?.state === 'answered')
    return { problems: [{ message: messages.isThere }] };
  keepAnswer(keeper, setup, topic, { state: 'skipped' });
  return { problems: [] };
}

/** Writes an answer. Steps that the owner went on without get another chance if they depend on it. */
export function keepAnswer(keeper: Keeper, setup: StoredSetup, topic: Topic, answer: TopicAnswer): void {
  const { paths, setups } = keeper.context;
  const dependent = setups.steps.filter((step) => step.uses.includes(topic.id)).map((step) => step.id);
  writeSetup(paths, {
    ...setup,
    skippedSteps: setup.skippedSteps.filter((step) => !dependent.includes(step)),
    answers: { ...setup.answers, [topic.id]: { ...answer, from: 'page' } },
  });
}

async function topicOf(keeper: Keeper, id: string): Promise<Topic> {
  const topic = (await askedTopics(keeper)).find((one) => one.id === id);
  if (topic === undefined) throw new KeeperRefusal('bad', 'a topic that is not asked');
  return topic;
}

/** While the answers are being applied none may change, unless a step failed: perhaps because of one of them. */
function writablePhase(keeper: Keeper): Phase {
  const phase = keeper.phase();
  if (phase === 'asking' || phase === 'complete') return phase;
  const { eventLog } = keeper.context.paths;
  if (phase === 'applying' && foldEvents(readEvents(eventLog)).state === 'failed') return phase;
  throw new KeeperRefusal('phase');
}

function isSame(one: StoredSetup, other: StoredSetup): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

const messages = {
  needed: {
    en: 'The device can not do without this.',
    de: 'Ohne diese Angabe kommt das Gerät nicht aus.',
  },
  isThere: {
    en: 'This is set up already. You can change it, but not skip it any more.',
    de: 'Das ist schon eingerichtet. Sie können es ändern, aber nicht mehr überspringen.',
  },
} as const;
