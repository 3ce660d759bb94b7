import type { AgentContext } from '../context.ts';
import type { FetchedArtifact } from '../provision/device-artifact.ts';
import { isThere } from '../provision/needs.ts';
import { isAskedWith } from '../setup/asked-with.ts';
import type { Setups } from '../setup/collected.ts';
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
  /** A file that the step needs is still to be fetched: the step can not run before. */
  readonly isHeldUp: (step: SetupStep) => boolean;
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
  const { steps, fetches } = context.setups;
  const isDone = (step: SetupStep) => stamps.read(step.id) === stamps.digestOf(step, setup.answers);
  const isOpen: IsAsked = async (id) => {
    const topic = context.setups.topics.find((one) => one.id === id);
    return topic !== undefined && isAskedWith(topic, setup.answers) && (await isAsked(id));
  };
  const chosen = new Set<SetupStep>();
  const current = new Set<string>();
  for (const step of steps.filter(({ id }) => !fetches.has(id))) {
    if (!isMeant(step, setup) || !(await isReady(step, setup, isOpen))) continue;
    if (isDone(step)) current.add(step.id);
    else if (!setup.skippedSteps.includes(step.id) && !isGivenUp(step, context, setup)) chosen.add(step);
  }
  // Looks at the files, too: what was fetched once may be gone.
  const fetched = fetchSteps(context.setups).filter(
    ([step, file]) => isDone(step) && isThere(file, context.look),
  );
  for (const [step] of fetched) current.add(step.id);
  const missing = missingFiles(context.setups, chosen, current);
  const due = steps.filter((step) => chosen.has(step) || missing.has(fetches.get(step.id)?.name ?? ''));
  const isHeldUp = (step: SetupStep) => step.needs?.some((name) => missing.has(name)) === true;
  const isComplete =
    setup.isWanted && due.length === 0 && (await isAnswered(context.setups.topics, setup, isAsked));
  return { due, current, isComplete, isHeldUp };
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

/** Names of the files that are to be fetched before the chosen steps. */
function missingFiles(
  setups: Setups,
  chosen: ReadonlySet<SetupStep>,
  current: ReadonlySet<string>,
): ReadonlySet<string> {
  const needed = new Set([...chosen].flatMap((step) => step.needs ?? []));
  const open = fetchSteps(setups).filter(([step, file]) => !current.has(step.id) && needed.has(file.name));
  return new Set(open.map(([, file]) => file.name));
}

function fetchSteps({ steps, fetches }: Setups): readonly (readonly [SetupStep, FetchedArtifact])[] {
  return steps.flatMap((step) => {
    const file = fetches.get(step.id);
    return file === undefined ? [] : [[step, file] as const];
  });
}

/** The owner goes on without a file that the step needs, and so without the step. */
function isGivenUp(step: SetupStep, { setups, look }: AgentContext, setup: StoredSetup): boolean {
  return setup.skippedSteps.some((id) => {
    const file = setups.fetches.get(id);
    return file !== undefined && step.needs?.includes(file.name) === true && !isThere(file, look);
  });
}

function isMeant(step: SetupStep, setup: StoredSetup): boolean {
  if (step.afterClaim === true && !setup.isClaimed) return false;
  return setup.isWanted || isFromCard(step, setup);
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
