import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountStep } from '../../../stages/40-plex/setup/account-step.ts';
import { claimTexts } from '../../../stages/40-plex/setup/claim-texts.ts';
import { plexTopic } from '../../../stages/40-plex/setup/plex-topic.ts';
import { setup } from '../../../stages/40-plex/setup.ts';
import { checkTopic } from '../../../stages/90-first-boot/agent/setup/check-topic.ts';
import { collect } from '../../../stages/90-first-boot/agent/setup/collected.ts';
import type { Exchanged, Values } from '../../../stages/90-first-boot/agent/setup/define.ts';
import { readSetup } from '../../../stages/90-first-boot/agent/store/setup-store.ts';
import { type PlexTv, startPlexTv } from '../../understudies/plex-tv.ts';
import { putFile, setupCode, startFakeKeeper } from '../90-first-boot/keeper/fake-keeper.ts';
import { makePlexDevice, type PlexDevice } from './plex-device.ts';

let plexTv: PlexTv;
let device: PlexDevice;

beforeEach(async () => {
  plexTv = await startPlexTv();
  device = await makePlexDevice({ accounts: plexTv.url });
});
afterEach(async () => {
  device.remove();
  await plexTv.close();
});

async function exchange(values: Values): Promise<Exchanged | undefined> {
  return await plexTopic.exchange?.(
    { terms: 'accepted', ...values },
    device.look,
    AbortSignal.timeout(9_000),
  );
}

async function valuesFor(values: Values): Promise<Values> {
  const exchanged = await exchange(values);
  if (exchanged === undefined || 'problems' in exchanged) throw new Error(JSON.stringify(exchanged));
  return exchanged.values;
}

describe('the claim code', () => {
  it('becomes the token of a server that Plex knows by this identity', async () => {
    const code = plexTv.giveCode();
    const { token = '', machineId = '', exchanged } = await valuesFor({ claim: ` ${code}\t` });

    const identity = createHash('sha1').update(`${machineId}- Plex Media Server`).digest('hex');
    expect([...plexTv.servers]).toEqual([[identity, token]]);
    expect(exchanged).toBe(code);
  });

  it('is shown to Plex once, however often the topic is saved', async () => {
    const first = await valuesFor({ claim: plexTv.giveCode() });

    expect(await valuesFor({ ...first, cds: 'yes' })).toEqual({ ...first, cds: 'yes' });
    expect(plexTv.calls).toHaveLength(1);
  });

  it('gives the device a new token and the same identity when another one is entered', async () => {
    const first = await valuesFor({ claim: plexTv.giveCode() });
    const second = await valuesFor({ ...first, claim: plexTv.giveCode() });

    expect(second['machineId']).toBe(first['machineId']);
    expect(second['token']).not.toBe(first['token']);
  });

  it.each([
    ['expired', () => plexTv.pass(4 * 60_000), 'expired'],
    ['in a trouble of Plex', () => plexTv.behave('broken'), 'broken'],
    ['answered without a token', () => plexTv.behave('empty'), 'broken'],
    ['one of too many', () => plexTv.behave('busy'), 'busy'],
  ] as const)('is refused with words of its own: %s', async (_what, happen, text) => {
    const claim = plexTv.giveCode();
    happen();

    expect(await exchange({ claim })).toEqual({ problems: [{ field: 'claim', message: claimTexts[text] }] });
  });

  it('is refused when somebody has used it', async () => {
    const claim = plexTv.giveCode();
    await valuesFor({ claim });

    expect(await exchange({ claim })).toEqual({
      problems: [{ field: 'claim', message: claimTexts.expired }],
    });
  });

  it('says that plex.tv is out of reach when nobody answers', async () => {
    device.put('/usr/lib/hearth/plex.json', '{"accounts":"http://127.0.0.1:9"}');

    const problem = { field: 'claim', message: claimTexts.unreachable };
    expect(await exchange({ claim: 'claim-abcdefghijkl' })).toEqual({ problems: [problem] });
  });

  it.each(['', 'abc', 'claim-', 'claim-short', 'https://plex.tv/claim', 'claim-abcdefgh ijkl'])(
    'is not shown to Plex when it is none: "%s"',
    async (claim) => {
      const topic = {
        topic: plexTopic,
        values: { terms: 'accepted', claim },
        answers: {},
        source: 'page',
      } as const;

      expect(await checkTopic(topic, device.look)).toMatchObject([{ field: 'claim' }]);
    },
  );

  it('needs the terms', async () => {
    const topic = {
      topic: plexTopic,
      values: { claim: plexTv.giveCode() },
      answers: {},
      source: 'page',
    } as const;

    expect(await checkTopic(topic, device.look)).toMatchObject([{ field: 'terms' }]);
  });
});

describe('the claim code on the setup page', () => {
  it('is exchanged while it is saved, and neither it nor the token comes back', async () => {
    const keeper = await startFakeKeeper(collect([{ stage: '40-plex', ...setup }]));
    try {
      putFile(join(keeper.root, 'usr/lib/hearth/plex.json'), JSON.stringify({ accounts: plexTv.url }));
      const admission = await keeper.door.call('claim', { address: '10.0.0.1', credential: setupCode });
      if (admission.result !== 'granted') throw new Error(admission.result);
      const ask = { token: admission.token, topic: 'plex' };
      const values = { terms: 'accepted', claim: plexTv.giveCode(), cds: 'no' };

      expect(await keeper.door.call('save', { ...ask, values })).toEqual({ problems: [] });
      const answer = readSetup(keeper.paths).answers['plex'];
      const [token = ''] = [...plexTv.servers.values()];
      expect(answer).toMatchObject({ state: 'answered', values: { ...values, token } });
      const views = JSON.stringify(await keeper.door.call('topics', { token: admission.token }));
      expect(views).toContain('"isSet":true');
      for (const secret of [token, values.claim]) expect(views + keeper.reports.join()).not.toContain(secret);
      // A later change of something else needs no new code.
      plexTv.behave('broken');
      const later = { terms: 'accepted', cds: 'yes' };
      expect(await keeper.door.call('save', { ...ask, values: later })).toEqual({ problems: [] });
      expect((await keeper.door.call('apply', { token: admission.token })).problems).toEqual([]);
    } finally {
      await keeper.stop();
    }
  });
});

describe('plex.account', () => {
  it('exchanges a code that came from the card, once, and keeps the token to itself', async () => {
    const claim = plexTv.giveCode();
    expect(await device.run(accountStep, { terms: 'accepted', claim })).toBeUndefined();
    expect(await device.run(accountStep, { terms: 'accepted', claim })).toBeUndefined();

    const [token = 'none'] = [...plexTv.servers.values()];
    expect(plexTv.calls).toHaveLength(1);
    const file = '/var/lib/hearth/plex-account.json';
    expect(device.get(file)).toContain(token);
    expect(statSync(device.look.path(file)).mode & 0o777).toBe(0o600);
    expect(device.log.join()).not.toContain(token);
    expect((await valuesFor({ claim }))['token']).toBe(token);
    await device.undo(accountStep);
    expect(device.has(file)).toBe(false);
  });

  it('says what to do when the code is too old', async () => {
    const claim = plexTv.giveCode();
    plexTv.pass(5 * 60_000);

    const failure = await device.run(accountStep, { terms: 'accepted', claim });
    expect(failure?.why).toEqual(claimTexts.expired);
    expect(JSON.stringify(failure?.todo)).toContain('plex.tv/claim');
  });
});
