import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { collect } from '../../../../stages/90-first-boot/agent/setup/collected.ts';
import type { Topic, Values } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { readSetup } from '../../../../stages/90-first-boot/agent/store/setup-store.ts';
import { type FakeKeeper, setupCode, startFakeKeeper } from './fake-keeper.ts';

let keeper: FakeKeeper;
afterEach(() => keeper.stop());

/** A topic that shows its code to somebody who takes each code once, slowly. */
function codeTopic(shown: string[]): Topic {
  return {
    id: 'club',
    order: 100,
    title: 'Which club?',
    short: 'Club',
    isOptional: true,
    fields: [
      {
        kind: 'text',
        name: 'code',
        label: 'Code',
        maxLength: 40,
        isSecret: true,
        validate: (value) => (value.startsWith('c-') ? undefined : 'No code.'),
      },
      { kind: 'text', name: 'wish', label: 'Wish', maxLength: 40, isOptional: true },
      { kind: 'text', name: 'token', label: 'Token', maxLength: 10, source: 'file', isSecret: true },
      { kind: 'text', name: 'of', label: 'Of', maxLength: 40, source: 'file', isSecret: true },
    ],
    exchange: async (values: Values) => {
      const { code = '' } = values;
      if (values['of'] === code) return { values };
      const isUsed = shown.includes(code);
      shown.push(code);
      await wait(30);
      if (code === 'c-crash') throw new Error(`broken by ${code}`);
      if (isUsed) return { problems: [{ field: 'code', message: 'Used.' }] };
      const token = code === 'c-long' ? 'x'.repeat(11) : `t-${shown.length}`;
      return { values: { ...values, token, of: code } };
    },
  };
}

async function start(shown: string[]): Promise<(values: Values) => Promise<readonly unknown[]>> {
  keeper = await startFakeKeeper(collect([{ stage: '40-club', topics: [codeTopic(shown)] }]));
  const admission = await keeper.door.call('claim', { address: '10.0.0.1', credential: setupCode });
  if (admission.result !== 'granted') throw new Error(admission.result);
  const { token } = admission;
  return async (values) => (await keeper.door.call('save', { token, topic: 'club', values })).problems;
}

function kept(): Values | undefined {
  const answer = readSetup(keeper.paths).answers['club'];
  return answer?.state === 'answered' ? answer.values : undefined;
}

describe('a topic with an exchange', () => {
  it('keeps what the exchange gave', async () => {
    const save = await start([]);

    expect(await save({ code: 'c-1' })).toEqual([]);
    expect(kept()).toEqual({ code: 'c-1', token: 't-1', of: 'c-1' });
  });

  it('shows a code once, also when the form is sent twice at the same time and again later', async () => {
    const shown: string[] = [];
    const save = await start(shown);

    expect(await Promise.all([save({ code: 'c-1' }), save({ code: 'c-1' })])).toEqual([[], []]);
    expect(await save({ code: 'c-1', wish: 'tea' })).toEqual([]);
    expect(await save({ wish: 'coffee' })).toEqual([]);
    expect(shown).toEqual(['c-1']);
    expect(kept()).toEqual({ code: 'c-1', token: 't-1', of: 'c-1', wish: 'coffee' });
  });

  it('shows no code that is no good', async () => {
    const shown: string[] = [];
    const save = await start(shown);

    expect(await save({ code: 'nonsense' })).toEqual([{ field: 'code', message: 'No code.' }]);
    expect(shown).toEqual([]);
  });

  it('keeps the old answers when the exchange is refused, breaks, or gives what is no answer', async () => {
    const save = await start(['c-used']);
    await save({ code: 'c-1' });
    const before = kept();

    expect(await save({ code: 'c-used' })).toEqual([{ field: 'code', message: 'Used.' }]);
    expect(await save({ code: 'c-crash' })).toHaveLength(1);
    expect(await save({ code: 'c-long' })).toMatchObject([{ field: 'token' }]);
    expect(kept()).toEqual(before);
    expect(keeper.reports.join('\n')).toContain('club');
    expect(keeper.reports.join('\n')).not.toContain('c-crash');
  });
});
