import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { calls } from '../../../../stages/90-first-boot/agent/keeper/calls.ts';
import { readSetup } from '../../../../stages/90-first-boot/agent/store/setup-store.ts';
import { type FakeKeeper, rightPassword, setupCode, startFakeKeeper, stateOf } from './fake-keeper.ts';
import { fakeSetups } from './fake-setups.ts';

let keeper: FakeKeeper;

beforeEach(async () => {
  keeper = await startFakeKeeper();
});
afterEach(() => keeper.stop());

const address = '192.168.1.20';
const unknownToken = 'A'.repeat(43);
const wrongCode = 'AAAA-AAAA-AAAA';
const minuteMs = 60_000;

const claim = (credential: string, from = address) =>
  keeper.door.call('claim', { address: from, credential });

async function claimed(): Promise<string> {
  const admission = await claim(setupCode);
  if (admission.result !== 'granted') throw new Error(admission.result);
  return admission.token;
}

/** Everything on the disk but the count of wrong tries. */
function state(): Readonly<Record<string, string>> {
  const { [keeper.paths.triesFile]: _tries, ...rest } = stateOf(keeper);
  return rest;
}

async function changesNothing(attack: () => Promise<void>): Promise<void> {
  const before = state();
  await attack();
  expect(state()).toEqual(before);
  expect(keeper.ordered()).toEqual([]);
}

/** A body that each call takes, but for its token. */
const bodies: Readonly<Record<string, object>> = {
  logout: {},
  topics: {},
  save: { topic: 'locale', values: { language: 'de' } },
  skip: { topic: 'wifi' },
  apply: {},
  retry: {},
  skipStep: { step: 'system.wifi' },
  stepLog: { step: 'system.wifi' },
  status: {},
  doctor: {},
  noted: { secret: 's0123456789abcdef' },
  reboot: {},
  reset: { name: 'attic' },
  events: { after: 0 },
  bundle: {},
};

describe('without a session', () => {
  it('there is a body here for every call with a token', () => {
    const withToken = [...calls].filter(([, entry]) => 'token' in entry.shape).map(([name]) => name);
    expect(Object.keys(bodies).sort()).toEqual(withToken.sort());
  });

  it.each(['unclaimed', 'asking', 'applying', 'complete', 'resetting'] as const)(
    'nothing can be done while %s',
    async (phase) => {
      if (phase !== 'unclaimed') keeper.store({ isClaimed: true, isWanted: phase !== 'asking' });
      if (phase === 'complete') writeFileSync(keeper.paths.completeFile, '');
      if (phase === 'resetting') writeFileSync(keeper.paths.resetFile, '');
      await changesNothing(async () => {
        for (const [name, body] of Object.entries(bodies)) {
          const answer = await keeper.raw(`/${name}`, JSON.stringify({ token: unknownToken, ...body }));
          expect([name, answer.status, answer.body]).toEqual([name, 401, '{"refused":"session"}']);
          const without = await keeper.raw(`/${name}`, JSON.stringify(body));
          expect([name, without.status]).toEqual([name, 400]);
        }
      });
    },
  );

  it('a token of the setup opens nothing that comes later or earlier', async () => {
    const token = await claimed();
    await changesNothing(async () => {
      for (const name of ['status', 'retry', 'skipStep']) {
        const answer = await keeper.raw(`/${name}`, JSON.stringify({ token, ...bodies[name] }));
        expect([name, answer.status]).toEqual([name, 409]);
      }
    });
    keeper.store({ isClaimed: false });
    await changesNothing(async () => {
      const answer = await keeper.raw('/topics', JSON.stringify({ token }));
      expect(answer.status).toBe(401);
    });
  });

  it('the token of an administrator is none once the device is reset', async () => {
    await keeper.stop();
    keeper = await startFakeKeeper(fakeSetups({ hasPassword: true }));
    keeper.store({ isClaimed: true });
    writeFileSync(keeper.paths.completeFile, '');
    const login = await keeper.door.call('login', { address, name: 'ada', password: rightPassword });
    if (login.result !== 'granted') throw new Error(login.result);
    const { rmSync } = await import('node:fs');
    rmSync(keeper.paths.completeFile);

    await expect(keeper.door.call('topics', { token: login.token })).rejects.toMatchObject({
      reason: 'session',
    });
  });

  it('keeps no token, only what it is recognised by', async () => {
    const token = await claimed();
    expect(readFileSync(keeper.paths.sessionsFile, 'utf8')).not.toContain(token);
  });
});

describe('the code', () => {
  it('is taken as people write it', async () => {
    await expect(claim(' acde fghj–kmnp ')).resolves.toMatchObject({ result: 'granted' });
  });

  it.each(['', '-', wrongCode, setupCode.slice(0, -1), `${setupCode}A`, '\u0000', '__proto__'])(
    'is not %j',
    async (credential) => {
      await changesNothing(async () => {
        expect(await claim(credential)).toEqual({ result: 'wrong' });
      });
    },
  );

  it('opens nothing when the device has none', async () => {
    writeFileSync(keeper.paths.setupCode, '\n');
    expect(await claim('')).toEqual({ result: 'wrong' });
  });

  it('can be tried ten times from an address; then the right one is refused too', async () => {
    for (let tries = 0; tries < 10; tries += 1) expect((await claim(wrongCode)).result).toBe('wrong');
    await changesNothing(async () => {
      expect(await claim(wrongCode)).toEqual({ result: 'limited', retrySeconds: 900 });
      expect(await claim(setupCode)).toEqual({ result: 'limited', retrySeconds: 900 });
      expect(await claim(setupCode, `::ffff:${address}`)).toMatchObject({ result: 'limited' });
    });
    keeper.pass(14 * minuteMs);
    expect(await claim(setupCode)).toEqual({ result: 'limited', retrySeconds: 60 });
    keeper.pass(minuteMs);
    expect(await claim(setupCode)).toMatchObject({ result: 'granted' });
  });

  it('can be tried thirty times in all, whatever the address', async () => {
    for (let tries = 0; tries < 30; tries += 1)
      expect((await claim(wrongCode, `fd00::${tries.toString(16)}`)).result).toBe('wrong');
    await changesNothing(async () => {
      expect(await claim(setupCode, 'fd00::ffff')).toMatchObject({ result: 'limited' });
    });
  });

  it('has the same tries for all who ask for it: claim and hotspot', async () => {
    const wish = { country: 'DE', network: 'Home', password: '', evenWithoutInternet: false };
    for (let tries = 0; tries < 5; tries += 1) {
      await claim(wrongCode);
      await keeper.door.call('join', { address, credential: wrongCode, ...wish });
    }
    const join = () => keeper.door.call('join', { address, credential: setupCode, ...wish });
    await changesNothing(async () => {
      expect(await join()).toMatchObject({ result: 'limited' });
    });
  });

  it('has no more tries after a restart of the keeper', async () => {
    for (let tries = 0; tries < 10; tries += 1) await claim(wrongCode);
    await keeper.restart();
    expect(await claim(setupCode)).toMatchObject({ result: 'limited' });
  });

  it('lets in one of twenty who show it at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => claim(setupCode, `10.0.0.${index}`)),
    );
    expect(answers.filter((one) => one.result === 'granted')).toHaveLength(1);
    expect(answers.filter((one) => one.result === 'taken')).toHaveLength(19);
  });

  it('is over an hour after the start, until the power is switched off', async () => {
    keeper.pass(60 * minuteMs - 60_000 - 1);
    expect(await keeper.door.call('hello', {})).toMatchObject({ windowSeconds: 1 });
    keeper.pass(1);
    await changesNothing(async () => {
      expect(await claim(setupCode)).toEqual({ result: 'closed' });
      expect(await keeper.door.call('hello', {})).toMatchObject({ windowSeconds: 0 });
    });
  });

  it('takes the setup over after a quarter of an hour without a word, not before', async () => {
    const first = await claimed();
    keeper.pass(14 * minuteMs);
    await keeper.door.call('topics', { token: first });
    keeper.pass(14 * minuteMs);
    await changesNothing(async () => {
      expect(await claim(setupCode)).toEqual({ result: 'taken' });
    });
    // Long after the window: it is for a device that nobody has claimed.
    keeper.pass(60 * minuteMs);
    const second = await claim(setupCode);

    expect(second.result).toBe('granted');
    await expect(keeper.door.call('topics', { token: first })).rejects.toMatchObject({ reason: 'session' });
  });

  it('keeps the session over a restart of the keeper', async () => {
    const token = await claimed();
    await keeper.restart();
    expect((await keeper.door.call('topics', { token })).topics).toHaveLength(3);
    expect(await claim(setupCode)).toEqual({ result: 'taken' });
  });
});

describe('a password in place of the code', () => {
  beforeEach(async () => {
    await keeper.stop();
    keeper = await startFakeKeeper(fakeSetups({ hasPassword: true, checkMs: 60 }));
  });

  it('opens the setup', async () => {
    expect((await keeper.door.call('hello', {})).acceptsPassword).toBe(true);
    expect((await claim(rightPassword)).result).toBe('granted');
  });

  it('is looked at no more often at once than there are tries', async () => {
    const answers = await Promise.all(Array.from({ length: 25 }, () => claim('guess')));
    expect(answers.filter((one) => one.result === 'wrong')).toHaveLength(10);
    expect(answers.filter((one) => one.result === 'limited')).toHaveLength(15);
  });

  it('lets in one of twenty who show it at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => claim(rightPassword, `10.0.0.${index}`)),
    );
    expect(answers.filter((one) => one.result === 'granted')).toHaveLength(1);
    expect(answers.filter((one) => one.result === 'taken')).toHaveLength(19);
  });

  it('lets nobody in if the setup ended while it was checked', async () => {
    const answer = claim(rightPassword);
    await wait(30);
    writeFileSync(keeper.paths.completeFile, '');
    expect((await answer).result).toBe('over');
    expect(readSetup(keeper.paths).isClaimed).toBe(false);
  });
});

describe('a body that is no call', () => {
  const good = { address, credential: setupCode };
  const deep = `${'{"a":'.repeat(8_000)}1${'}'.repeat(8_000)}`;

  it.each([
    ['nothing', '/claim', ''],
    ['no JSON', '/claim', '{"address"'],
    ['a list', '/claim', '[]'],
    ['null', '/claim', 'null'],
    ['a number', '/claim', '7'],
    ['a text', '/claim', '"address"'],
    ['no UTF-8', '/claim', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
    ['very deep', '/claim', deep],
    ['a missing part', '/claim', JSON.stringify({ credential: setupCode })],
    ['one part more', '/claim', JSON.stringify({ ...good, isAdmin: true })],
    ['another part', '/claim', JSON.stringify({ address, constructor: setupCode })],
    ['a prototype', '/claim', `{"address":"${address}","credential":"${setupCode}","__proto__":{"x":1}}`],
    ['a prototype in place of a part', '/claim', `{"address":"${address}","__proto__":{"credential":"x"}}`],
    ['a list as code', '/claim', JSON.stringify({ address, credential: [setupCode] })],
    ['an object as code', '/claim', JSON.stringify({ address, credential: { length: 14 } })],
    ['a long code', '/claim', JSON.stringify({ address, credential: 'A'.repeat(513) })],
    ['half a surrogate pair', '/claim', `{"address":"${address}","credential":"\\ud800"}`],
    ['no address', '/claim', JSON.stringify({ address: 'a; reboot', credential: setupCode })],
    ['an empty address', '/claim', JSON.stringify({ address: '', credential: setupCode })],
    [
      'a number as flag',
      '/join',
      JSON.stringify({ ...good, country: '', network: '', password: '', evenWithoutInternet: 1 }),
    ],
    ['a call that is none', '/nothing', '{}'],
    ['what every object has', '/constructor', '{}'],
    ['another thing every object has', '/__proto__', '{}'],
    ['a path', '/../hello', '{}'],
    ['a path in a call', '/hello/../claim', '{}'],
    ['a question', '/hello?x', '{}'],
    ['an encoded name', '/%68ello', '{}'],
    ['another host', 'http://example.org/hello', '{}'],
  ])('is refused: %s', async (_what, path, body) => {
    await changesNothing(async () => {
      const answer = await keeper.raw(path, body);
      expect([answer.status, answer.body]).toEqual([400, '{"refused":"bad"}']);
    });
  });

  it('is refused when it is too long, said or not said before', async () => {
    const body = JSON.stringify({ address, credential: 'A'.repeat(64 * 1024) });
    await changesNothing(async () => {
      const said = await keeper.raw('/claim', body, { 'Content-Length': String(body.length) });
      const unsaid = await keeper.raw('/claim', body, { 'Transfer-Encoding': 'chunked' });
      expect([said.status, unsaid.status]).toEqual([413, 413]);
    });
  });

  it('is refused when it does not say that it is JSON', async () => {
    const answer = await keeper.raw('/hello', '{}', { 'Content-Type': 'text/plain' });
    expect(answer.status).toBe(400);
  });

  it('is not told to anybody: the journal has nothing of it', async () => {
    await keeper.raw('/claim', '{"address":"canary-1"');
    await keeper.raw('/claim', JSON.stringify({ address, credential: 'canary-2' }));
    expect(keeper.reports).toEqual([]);
  });
});

describe('names with a session', () => {
  let token: string;
  beforeEach(async () => {
    token = await claimed();
  });

  const names = [
    '../answers',
    '..',
    'system.wifi/../../setup-code',
    '/var/lib/hearth/setup-code',
    'system.wifi\u0000',
    'system.wifi\n',
    'SYSTEM.WIFI',
    '__proto__',
    'constructor',
    'system.other',
    '',
    'a'.repeat(100),
  ];

  it.each(names)('a step called %j is none', async (step) => {
    await changesNothing(async () => {
      expect((await keeper.raw('/stepLog', JSON.stringify({ token, step }))).status).toBe(400);
    });
  });

  it.each([...names, 'radio', 'keyboard'])('a topic called %j is none', async (topic) => {
    await changesNothing(async () => {
      const values = { station: 'one' };
      expect((await keeper.raw('/save', JSON.stringify({ token, topic, values }))).status).toBe(400);
      expect((await keeper.raw('/skip', JSON.stringify({ token, topic }))).status).toBe(400);
    });
  });

  it.each([
    ['a list', '[]', 400],
    ['a number', '{"language":7}', 400],
    ['a list in it', '{"language":["de"]}', 400],
    ['a prototype', '{"__proto__":"de"}', 400],
    ['a path as name', '{"../x":"de"}', 400],
    ['a name that every object has', '{"language":"de","constructor":"x"}', 200],
    ['another field', '{"language":"de","isClaimed":"x"}', 200],
    ['a choice that is none', '{"language":"xx"}', 200],
    [
      'too many fields',
      JSON.stringify(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`f${i}`, '']))),
      400,
    ],
  ])('answers that are %s are not kept', async (_what, values, status) => {
    await changesNothing(async () => {
      const answer = await keeper.raw('/save', `{"token":"${token}","topic":"locale","values":${values}}`);
      expect(answer.status).toBe(status);
      if (status === 200) expect(JSON.parse(answer.body).problems).not.toEqual([]);
    });
  });

  it('a field that only a file may give is none on a page', async () => {
    const values = { name: 'ada', hash: '$y$j9T$abcdefgh$0123456789' };
    await changesNothing(async () => {
      const { problems } = await keeper.door.call('save', { token, topic: 'owner', values });
      expect(problems.map((problem) => problem.field)).toEqual(['hash']);
    });
  });

  it('answers with line ends and invisible characters are not kept', async () => {
    await changesNothing(async () => {
      for (const name of ['ada\nroot', 'ada\r', 'a\u0000da', '\u001b[2J'])
        expect(
          (
            await keeper.door.call('save', {
              token,
              topic: 'owner',
              values: { name, password: 'long enough' },
            })
          ).problems,
        ).toHaveLength(1);
    });
  });
});
