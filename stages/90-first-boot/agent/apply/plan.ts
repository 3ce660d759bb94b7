import type { AgentContext } from '../context.ts';
import type { SetupStep, Topic } from '../setup/define.ts';
import type { StoredSetup } from '../store/setup-store.ts';
import type { Stamps } from './stamps.ts';

/** What is to be done with the answers as they are. */
export interface Plan {
  /** In the order in which they run. */
  readonly due: readonly SetupStep[];
  /** Ids of the steps that were done with just these answers. */
  readonly current: ReadonlySet<string>;
  /** Every required question is answered and nothing is left to do. */
  readonly isComplete: boolean;
}

/** Tells whether a topic is asked on this device. Looks once a topic: hardware does not change under a run. */
export type IsAsked = (topicId: string) => Promise<boolean>;

/**
 * Finds out which steps are due. Steps that the owner goes on without are not. Before the owner asked for it, only steps
 * are due whose answers a file on the card gave: who had the card in hand has asked by that.
 */
export async function makePlan(
  context: AgentContext,
  stamps: Stamps,
  setup: StoredSetup,
  isAsked: IsAsked = askOnce(context),
): Promise<Plan> {
  const due: SetupStep[] = [];
  const current = new Set<string>();
  for (const step of context.setups.steps) {
    if (!setup.isWanted && !isFromCard(step, setup)) continue;
    if (!(await isReady(step, setup, isAsked))) continue;
    if (stamps.read(step.id) === stamps.digestOf(step, setup.answers)) current.add(step.id);
    else if (!setup.skippedSteps.includes(step.id)) due.push(step);
  }
  const isComplete =
    setup.isWanted && due.length === 0 && (await isAnswered(context.setups.topics, setup, isAsked));
  return { due, current, isComplete };
}

/** Looks up which topics are asked, and remembers it. */
export function askOnce({ setups, look, report }: AgentContext): IsAsked {
  const known = new Map<string, Promise<boolean>>();
  const find = async (topic: Topic | undefined): Promise<boolean> => {
    try {
      return topic !== undefined && (await topic.isAvailable?.(look)) !== false;
    } catch (error) {
      report(`can not tell whether ${topic?.id} makes sense here: ${(error as Error).message}`);
      return true;
    }
  };
  return (topicId) => {
    const answer = known.get(topicId) ?? find(setups.topics.find((topic) => topic.id === topicId));
    known.set(topicId, answer);
    return answer;
  };
}

function isFromCard(step: SetupStep, { answers }: StoredSetup): boolean {
  return step.uses.every((topic) => answers[topic] === undefined || answers[topic].from === 'card');
}

/** A topic that is not asked on this device counts as skipped: nobody could answer it. */
async function isReady(step: SetupStep, { answers }: StoredSetup, isAsked: IsAsked): Promise<boolean> {
  if (!step.uses.some((topic) => answers[topic]?.state === 'answered')) return false;
  for (const topic of step.uses) if (answers[topic] === undefined && (await isAsked(topic))) return false;
  return true;
}

async function isAnswered(
  topics: readonly Topic[],
  { answers }: StoredSetup,
  isAsked: IsAsked,
): Promise<boolean> {
  for (const { id, isOptional } of topics) {
    if (!isOptional && answers[id]?.state !== 'answered' && (await isAsked(id))) return false;
  }
  return true;
}
