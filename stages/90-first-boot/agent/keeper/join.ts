import { mkdirSync } from 'node:fs';
import type { JoinAnswer, JoinWish } from '../door/protocol.ts';
import { writeDurably } from '../files/durable-file.ts';
import { checkTopic } from '../setup/check-topic.ts';
import type { FieldProblem, Values } from '../setup/define.ts';
import { readSetup } from '../store/setup-store.ts';
import { admit } from './admission.ts';
import { keepAnswer } from './answers.ts';
import { isOwner, refusalOf } from './claim.ts';
import type { Keeper } from './keeper.ts';

/** What stands in `paths.joinFile` for the hotspot: it takes the file away once it has read it. */
export type JoinOrder = Pick<JoinWish, 'country' | 'network' | 'password' | 'evenWithoutInternet'>;

const wifiTopicId = 'wifi';

/** Hands a network to the hotspot, for the one who has the code. Opens no session: the code is shown again later. */
export async function join(keeper: Keeper, wish: JoinWish): Promise<JoinAnswer> {
  const refused = refusalOf(keeper);
  if (refused !== undefined) return refused;
  const verify = () => isOwner(keeper, wish.credential);
  const limited = await admit(keeper, { address: wish.address, verify });
  if (limited !== undefined) return limited;
  const values = valuesOf(wish);
  const problems = await problemsOf(keeper, values);
  if (problems.length > 0) return { result: 'problems', problems };
  // The check took time.
  const over = refusalOf(keeper);
  if (over !== undefined) return over;
  orderJoin(keeper, wish, values);
  return { result: 'joining' };
}

function orderJoin(keeper: Keeper, wish: JoinWish, values: Values): void {
  const { paths, setups } = keeper.context;
  const topic = setups.topics.find((one) => one.id === wifiTopicId);
  // Kept as an answer as well, so that nobody is asked twice. While answers are being applied they stay as they are.
  if (topic !== undefined && keeper.phase() !== 'applying')
    keepAnswer(keeper, readSetup(paths), topic, { state: 'answered', values });
  const { country, network, password, evenWithoutInternet } = wish;
  const order: JoinOrder = { country, network, password, evenWithoutInternet };
  mkdirSync(paths.runFolder, { recursive: true, mode: 0o755 });
  writeDurably(paths.joinFile, JSON.stringify(order), 0o600);
}

async function problemsOf({ context }: Keeper, values: Values): Promise<readonly FieldProblem[]> {
  const topic = context.setups.topics.find((one) => one.id === wifiTopicId);
  if (topic !== undefined) {
    const { answers } = readSetup(context.paths);
    return await checkTopic({ topic, values, answers, source: 'page' }, context.look);
  }
  return values['network'] === undefined ? [{ field: 'network', message: missingNetwork }] : [];
}

function valuesOf({ country, network, password }: JoinWish): Values {
  const entries = Object.entries({ country, network, password });
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}

const missingNetwork = { en: 'Please choose a network.', de: 'Bitte wählen Sie ein Netz.' } as const;
