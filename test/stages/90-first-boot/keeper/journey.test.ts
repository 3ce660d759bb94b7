import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeLoginLink } from '../../../../stages/90-first-boot/agent/keeper/sessions.ts';
import { readSetup } from '../../../../stages/90-first-boot/agent/store/setup-store.ts';
import { type FakeKeeper, rightPassword, setupCode, startFakeKeeper } from './fake-keeper.ts';
import { fakeSetups } from './fake-setups.ts';

let keeper: FakeKeeper;

beforeEach(async () => {
  keeper = await startFakeKeeper();
});
afterEach(() => keeper.stop());

const address = '192.168.1.20';

async function claimed(): Promise<string> {
  const admission = await keeper.door.call('claim', { address, credential: setupCode });
  if (admission.result !== 'granted') throw new Error(admission.result);
  return admission.token;
}

describe('the way through the setup', () => {
  it('goes from the code to the end', async () => {
    const { door } = keeper;
    expect(await door.call('hello', {})).toEqual({
      phase: 'unclaimed',
      windowSeconds: 3540,
      acceptsPassword: false,
    });
    const token = await claimed();
    expect((await door.call('hello', {})).phase).toBe('asking');

    expect(await door.call('save', { token, topic: 'locale', values: { language: 'de' } })).toEqual({
      problems: [],
    });
    expect((await door.call('hello', {})).language).toBe('de');
    expect((await door.call('apply', { token })).problems).toEqual([
      { field: 'owner', message: expect.anything() },
    ]);
    expect(keeper.ordered()).toEqual([]);

    const owner = { name: 'ada', password: 'a long password' };
    expect(await door.call('save', { token, topic: 'owner', values: owner })).toEqual({ problems: [] });
    expect(await door.call('apply', { token })).toEqual({ problems: [] });
    expect(keeper.ordered()).toEqual(['start --no-block hearth-apply.service']);
    expect((await door.call('hello', {})).phase).toBe('applying');
    expect(readSetup(keeper.paths).answers['wifi']).toEqual({ state: 'skipped', from: 'page' });

    writeFileSync(keeper.paths.completeFile, '');
    const status = await door.call('status', { token });
    expect(status).toMatchObject({
      hostname: 'attic',
      release: { version: '1.2.3', image: 'attic' },
      isApplying: false,
    });
    expect(status.addresses[0]).toEqual({ url: 'http://attic.local', medium: 'name' });
    expect(status.disks.map((disk) => disk.freeBytes > 0)).toEqual([true]);
    expect(status.links.map(({ secret }) => secret)).toEqual([
      { label: 'Its key', value: 'for administrators only' },
    ]);
  });

  it('shows topics without those for files, other hardware, or nobody', async () => {
    const { topics } = await keeper.door.call('topics', { token: await claimed() });

    expect(topics.map((topic) => topic.id)).toEqual(['locale', 'owner', 'wifi']);
    expect(topics[1]?.fields.map((field) => field.name)).toEqual(['name', 'password', 'recovery']);
    expect(topics[1]?.fields[0]).toMatchObject({ value: 'owner', maxLength: 32 });
    expect(topics[1]?.fields[1]).toMatchObject({ isSet: false, isNew: true });
    expect(topics[2]?.fields[0]?.choices).toEqual([{ value: 'DE', label: 'Germany' }]);
    expect(topics[2]?.fields[1]?.suggestions).toEqual(['Next door']);
  });

  it('keeps a secret that the form does not have, and takes away one that is empty', async () => {
    const token = await claimed();
    const save = (values: Record<string, string>) =>
      keeper.door.call('save', { token, topic: 'wifi', values });
    const kept = () => readSetup(keeper.paths).answers['wifi'];
    await save({ country: 'DE', network: 'Home', password: 'twelve letters' });

    await save({ country: 'DE', network: 'Other' });
    expect(kept()).toMatchObject({ values: { country: 'DE', network: 'Other', password: 'twelve letters' } });

    await save({ country: 'DE', network: 'Other', password: '' });
    expect(kept()).toMatchObject({ values: { country: 'DE', network: 'Other' } });
    expect(kept()).not.toHaveProperty('values.password');
  });

  it('keeps what a file gave, until a new password contradicts it', async () => {
    const token = await claimed();
    const hash = '$y$j9T$abcdefgh$0123456789';
    keeper.store({
      isClaimed: true,
      answers: { owner: { state: 'answered', from: 'card', values: { name: 'ada', hash } } },
    });
    const save = (values: Record<string, string>) =>
      keeper.door.call('save', { token, topic: 'owner', values });

    expect(await save({ name: 'eve' })).toEqual({ problems: [] });
    expect(readSetup(keeper.paths).answers['owner']).toMatchObject({
      from: 'page',
      values: { name: 'eve', hash },
    });
    await save({ name: 'eve', password: 'a new password' });
    expect(readSetup(keeper.paths).answers['owner']).toEqual({
      state: 'answered',
      from: 'page',
      values: { name: 'eve', password: 'a new password' },
    });
  });

  it('says what is wrong and keeps nothing of it', async () => {
    const token = await claimed();
    const values = { country: 'XX', network: 'Home', password: 'short' };

    const { problems } = await keeper.door.call('save', { token, topic: 'wifi', values });

    expect(problems.map((problem) => problem.field)).toEqual(['country', 'password']);
    expect(readSetup(keeper.paths).answers).toEqual({});
  });

  it('loses no answer when two pages save at once', async () => {
    await keeper.stop();
    keeper = await startFakeKeeper(fakeSetups({ checkMs: 150 }));
    const token = await claimed();
    const save = (topic: string, values: Record<string, string>) =>
      keeper.door.call('save', { token, topic, values });

    const slow = save('wifi', { country: 'DE', network: 'Home' });
    await wait(25);
    await save('locale', { language: 'de' });
    await Promise.all([slow, save('owner', { name: 'ada', password: 'a long password' })]);

    expect(Object.keys(readSetup(keeper.paths).answers).sort()).toEqual(['locale', 'owner', 'wifi']);
  });
});

describe('a step that failed', () => {
  const steps = [
    { id: 'system.owner', title: 'o', seconds: 3 },
    { id: 'system.wifi', title: 'w', seconds: 3 },
  ];
  let token: string;

  beforeEach(async () => {
    token = await claimed();
    keeper.store({ isClaimed: true, isWanted: true });
    keeper.logEvents({ type: 'runStarted', steps }, { type: 'stepStarted', step: 'system.wifi' });
  });

  it('can be left out if it is optional and has failed', async () => {
    const skip = () => keeper.door.call('skipStep', { token, step: 'system.wifi' });
    expect((await skip()).problems).toHaveLength(1);
    keeper.logEvents({ type: 'stepFailed', step: 'system.wifi', why: 'no', isOptional: true });

    expect(await skip()).toEqual({ problems: [] });
    expect(readSetup(keeper.paths).skippedSteps).toEqual(['system.wifi']);
    expect(keeper.ordered()).toEqual(['start --no-block hearth-apply.service']);
  });

  it('can not be left out if the device needs it, whatever the log says', async () => {
    keeper.logEvents({ type: 'stepFailed', step: 'system.owner', why: 'no', isOptional: true });

    expect((await keeper.door.call('skipStep', { token, step: 'system.owner' })).problems).toHaveLength(1);
    expect(readSetup(keeper.paths).skippedSteps).toEqual([]);
  });

  it('lets an answer be changed once it has failed and the run is over, not before', async () => {
    const save = () =>
      keeper.door.call('save', { token, topic: 'wifi', values: { country: 'DE', network: 'Home' } });
    await expect(save()).rejects.toMatchObject({ reason: 'phase' });
    keeper.logEvents({ type: 'stepFailed', step: 'system.wifi', why: 'no', isOptional: true });
    await expect(save(), 'other steps go on').rejects.toMatchObject({ reason: 'phase' });
    keeper.logEvents({ type: 'runFailed' });

    expect(await save()).toEqual({ problems: [] });
    await keeper.door.call('retry', { token });
    expect(keeper.ordered()).toEqual(['start --no-block hearth-apply.service']);
  });

  it('streams its events, the ones before and the ones to come', async () => {
    const end = new AbortController();
    const types: string[] = [];
    for await (const event of keeper.door.events(token, 1, end.signal)) {
      types.push(event.type);
      if (event.type === 'stepStarted')
        keeper.logEvents({ type: 'stepFinished', step: 'system.wifi', seconds: 1 });
      if (event.type === 'stepFinished') end.abort();
    }

    expect(types).toEqual(['stepStarted', 'stepFinished']);
  });
});

describe('after the setup', () => {
  beforeEach(async () => {
    await keeper.stop();
    keeper = await startFakeKeeper(fakeSetups({ hasPassword: true }));
    keeper.store({ isClaimed: true, isWanted: true, skippedSteps: ['system.wifi'], answers: {} });
    writeFileSync(keeper.paths.completeFile, '');
  });

  async function loggedIn(): Promise<string> {
    const answer = await keeper.door.call('login', { address, name: 'ada', password: rightPassword });
    if (answer.result !== 'granted') throw new Error(answer.result);
    return answer.token;
  }

  it('lets the administrator in, nobody else', async () => {
    const tryLogin = (name: string, password: string) =>
      keeper.door.call('login', { address, name, password });
    expect(await tryLogin('ada', 'wrong')).toEqual({ result: 'wrong' });
    expect(await tryLogin('', rightPassword)).toEqual({ result: 'wrong' });
    expect(await tryLogin('eve', rightPassword)).toEqual({ result: 'wrong' });
    expect(await keeper.door.call('claim', { address, credential: setupCode })).toEqual({ result: 'over' });

    const token = await loggedIn();
    expect((await keeper.door.call('status', { token })).topics).toHaveLength(3);
    await keeper.door.call('logout', { token });
    await expect(keeper.door.call('status', { token })).rejects.toMatchObject({ reason: 'session' });
  });

  it('applies a changed answer at once, and tries a step again that was left out', async () => {
    const token = await loggedIn();
    const values = { country: 'DE', network: 'Home' };

    expect(await keeper.door.call('save', { token, topic: 'wifi', values })).toEqual({ problems: [] });
    expect(readSetup(keeper.paths)).toMatchObject({ isWanted: true, skippedSteps: [] });
    expect(keeper.ordered()).toEqual(['start --no-block hearth-apply.service']);
    expect((await keeper.door.call('skip', { token, topic: 'wifi' })).problems).toHaveLength(1);
  });

  it('takes a login link once, and only for ten minutes', async () => {
    const redeem = (link: string) => keeper.door.call('redeem', { address, link });
    const link = makeLoginLink(keeper.paths, 60_000);
    const answers = await Promise.all([redeem(link), redeem(link)]);
    expect(answers.map((one) => one.result).sort()).toEqual(['granted', 'wrong']);

    const old = makeLoginLink(keeper.paths, 60_000);
    keeper.pass(10 * 60_000);
    expect(await redeem(old)).toEqual({ result: 'wrong' });
    expect(await redeem('../../../../etc/hostname')).toEqual({ result: 'wrong' });
  });

  it('ends an administrator after twelve hours', async () => {
    const token = await loggedIn();
    keeper.pass(12 * 3_600_000 - 1);
    await keeper.door.call('topics', { token });
    keeper.pass(1);
    await expect(keeper.door.call('topics', { token })).rejects.toMatchObject({ reason: 'session' });
  });

  it('asks for the name before a factory reset', async () => {
    const token = await loggedIn();
    expect((await keeper.door.call('reset', { token, name: 'other' })).problems).toHaveLength(1);
    expect(existsSync(keeper.paths.resetFile)).toBe(false);

    expect(await keeper.door.call('reset', { token, name: ' Attic.local' })).toEqual({ problems: [] });
    expect(existsSync(keeper.paths.resetFile)).toBe(true);
    expect(keeper.ordered()).toEqual(['reboot --no-block']);
    await expect(keeper.door.call('topics', { token })).rejects.toMatchObject({ reason: 'session' });
  });

  it('tells what each check found, also when one breaks', async () => {
    const { results } = await keeper.door.call('doctor', { token: await loggedIn() });

    expect(results.map(({ id, state, stage }) => [id, state, stage])).toEqual([
      ['system.one', 'good', '20-test'],
      ['system.two', 'warning', '20-test'],
    ]);
  });
});

describe('the setup hotspot', () => {
  const wish = {
    address,
    credential: setupCode,
    country: 'DE',
    network: 'Home',
    password: 'twelve letters',
    evenWithoutInternet: false,
  };

  it('gets the network to join, and nobody is asked for it again', async () => {
    expect(await keeper.door.call('join', wish)).toEqual({ result: 'joining' });

    const { paths } = keeper;
    expect(JSON.parse(readFileSync(paths.joinFile, 'utf8'))).toEqual({
      country: 'DE',
      network: 'Home',
      password: 'twelve letters',
      evenWithoutInternet: false,
    });
    expect(statSync(paths.joinFile).mode & 0o777).toBe(0o600);
    expect(readSetup(paths).answers['wifi']).toMatchObject({
      state: 'answered',
      values: { network: 'Home' },
    });
    expect(readSetup(paths).isClaimed).toBe(false);
  });

  it('gets nothing for a wrong code or a wrong answer', async () => {
    expect(await keeper.door.call('join', { ...wish, credential: 'AAAA-AAAA-AAAA' })).toEqual({
      result: 'wrong',
    });
    const wrong = await keeper.door.call('join', { ...wish, password: 'short' });
    expect(wrong).toMatchObject({ result: 'problems', problems: [{ field: 'password' }] });
    expect(existsSync(keeper.paths.joinFile)).toBe(false);
  });

  it('is shown with what everybody may know', async () => {
    const view = { networks: [], country: 'DE', failure: { network: 'Home', reason: 'notFound' } };
    writeFileSync(keeper.paths.hotspotFile, JSON.stringify({ ...view, password: 'secret' }));

    expect((await keeper.door.call('hello', {})).hotspot).toEqual(view);
  });
});
