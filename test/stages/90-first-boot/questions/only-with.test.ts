import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makePlan } from '../../../../stages/90-first-boot/agent/apply/plan.ts';
import { openStamps } from '../../../../stages/90-first-boot/agent/apply/stamps.ts';
import { collect } from '../../../../stages/90-first-boot/agent/setup/collected.ts';
import type { Answers, SetupStep, Topic } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { emptySetup } from '../../../../stages/90-first-boot/agent/store/setup-store.ts';
import { formToken } from '../../../../stages/90-first-boot/agent/web/session-cookie.ts';
import { type FakeKeeper, setupCode, startFakeKeeper } from '../keeper/fake-keeper.ts';
import { FakeDoor } from '../web/fake-door.ts';
import { startFakeWeb } from '../web/web-server.ts';

const seen: (Answers | undefined)[] = [];
const topics: readonly Topic[] = [
  topic('server', 1),
  { ...topic('pictures', 2), onlyWith: 'server' },
  topic('last', 3),
];
const step: SetupStep = {
  id: 'a.server',
  order: 1,
  title: 'Starting',
  uses: ['last', 'pictures'],
  seconds: 1,
  run: async () => {},
};
let keeper: FakeKeeper;
let token: string;

beforeEach(async () => {
  keeper = await startFakeKeeper(collect([{ stage: '20-test', topics, steps: [step] }]));
  const admission = await keeper.door.call('claim', { address: '192.168.1.20', credential: setupCode });
  token = admission.result === 'granted' ? admission.token : '';
});

afterEach(() => keeper.stop());

function topic(id: string, order: number): Topic {
  return {
    id,
    order,
    title: id,
    short: id,
    isOptional: true,
    fields: [
      { kind: 'text', name: 'name', label: 'Name', maxLength: 20 },
      { kind: 'secret', name: 'key', label: 'Key', maxLength: 20, isNew: false, isOptional: true },
    ],
    liveCheck: async (_values, _signal, others) => {
      seen.push(others);
      return [];
    },
  };
}

async function asked(): Promise<readonly string[]> {
  const views = await keeper.door.call('topics', { token });
  return views.topics.map(({ id }) => id);
}

describe('a topic that only makes sense with another one', () => {
  test('is asked once that one is answered, and no longer when it is skipped', async () => {
    expect(await asked()).toEqual(['server', 'last']);

    await keeper.door.call('save', { token, topic: 'server', values: { name: 'x' } });
    expect(await asked()).toEqual(['server', 'pictures', 'last']);

    await keeper.door.call('skip', { token, topic: 'server' });
    expect(await asked()).toEqual(['server', 'last']);
  });

  test('may be answered before by a file for the command line', async () => {
    const { problems } = await keeper.door.call('save', { token, topic: 'pictures', values: { name: 'x' } });

    expect(problems).toEqual([]);
  });

  test('holds up no step while nobody is asked', async () => {
    const due = async (answers: Answers) => {
      const stored = Object.entries(answers).map(([id, answer]) => [id, { ...answer, from: 'page' }]);
      const setup = { ...emptySetup, isClaimed: true, isWanted: true, answers: Object.fromEntries(stored) };
      const plan = await makePlan(keeper.context, openStamps(keeper.paths), setup);
      return plan.due.map(({ id }) => id);
    };
    const answer = { state: 'answered', values: { name: 'x' } } as const;

    expect(await due({ last: answer })).toEqual(['a.server']);
    expect(await due({ last: answer, server: answer })).toEqual([]);
    expect(await due({ last: answer, server: answer, pictures: { state: 'skipped' } })).toEqual(['a.server']);
  });
});

test('the page goes on to the question that an answer brings, and tells its check the other answers', async () => {
  await using web = await startFakeWeb(topics);
  web.door = new KeeperDoor();
  const post = (path: string, fields: string) =>
    web.ask({
      path,
      method: 'POST',
      headers: { cookie: `hearth=${token}` },
      body: `_token=${formToken(token)}&${fields}`,
    });

  const next = await post('/setup/server', 'name=x&key=secret');
  seen.length = 0;
  await post('/setup/pictures', 'name=y&key=');

  expect(next.headers['location']).toBe('/setup/pictures');
  expect(seen).toEqual([{ server: { state: 'answered', values: { name: 'x' } } }]);
});

/** The pages of the fake web, with a real keeper. */
class KeeperDoor extends FakeDoor {
  override readonly call: FakeDoor['call'] = async (name, ask) => await keeper.door.call(name, ask);
}
