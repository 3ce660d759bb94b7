import { describe, expect, test } from 'vitest';
import { mailPlan } from '../../../../stages/50-data/setup/mail/mail-plan.ts';
import { makeMailTopic } from '../../../../stages/50-data/setup/mail/mail-topic.ts';
import { mailProviders } from '../../../../stages/50-data/setup/mail/providers.ts';
import { lookAt } from '../../../../stages/90-first-boot/agent/device/look.ts';
import { checkTopic } from '../../../../stages/90-first-boot/agent/setup/check-topic.ts';
import type { Values } from '../../../../stages/90-first-boot/agent/setup/define.ts';
import { fakeDevice } from '../../20-system-setup/fake-device.ts';

const topic = makeMailTopic();
const login = { user: 'ada@example.org', password: 'abcd efgh' };
const gmail: Values = { how: 'relay', provider: 'gmail', from: 'ada@example.org', ...login };
const other: Values = { ...gmail, provider: 'other', server: 'smtp.example.org' };

async function wrongFields(values: Values): Promise<readonly (string | undefined)[]> {
  const found = await checkTopic({ topic, values, answers: {}, source: 'page' }, lookAt('/nonexistent'));
  return found.map(({ field }) => field);
}

describe('the question about mail', () => {
  test.each<[string, Values]>([
    ['a known provider', gmail],
    ['another provider', other],
    ['another port', { ...other, port: '2525' }],
    [
      'a server at home that knows its customers',
      { how: 'relay', provider: 'other', server: 'mail.fritz.box', from: 'a@example.org' },
    ],
    ['an address in numbers', { ...other, server: '192.168.1.4' }],
    ['another server of a known provider', { ...gmail, provider: 'mailgun', server: 'smtp.eu.mailgun.org' }],
    ['mail that stays here', { how: 'local' }],
  ])('takes %s', async (_what, values) => {
    expect(await wrongFields(values)).toEqual([]);
  });

  test.each<[string, Values, readonly string[]]>([
    ['nothing', {}, ['how']],
    ['no provider', { how: 'relay', from: 'a@example.org' }, ['provider']],
    ['an unknown provider', { ...gmail, provider: 'mail' }, ['provider']],
    ['another provider without a server', { ...other, server: '' }, ['server']],
    ['Amazon SES without a server', { ...gmail, provider: 'ses' }, ['server']],
    ['an address of a page', { ...other, server: 'https://smtp.example.org' }, ['server']],
    ['a server with a port', { ...other, server: 'smtp.example.org:587' }, ['server']],
    ['a setting for Postfix', { ...other, server: 'a.org]:25 x' }, ['server']],
    ['no port', { ...other, port: 'smtp' }, ['port']],
    ['a port that is too large', { ...other, port: '70000' }, ['port']],
    ['no user', { ...gmail, user: '' }, ['user']],
    ['no password', { ...gmail, password: '' }, ['password']],
    ['a user with a colon', { ...gmail, user: 'a:b' }, ['user']],
    ['a password with a space at its end', { ...gmail, password: 'abc ' }, ['password']],
    ['a sender with a name', { ...gmail, from: 'Ada <ada@example.org>' }, ['from']],
    ['a sender without a domain', { ...gmail, from: 'ada' }, ['from']],
    ['a sender that is two', { ...gmail, from: 'a@b.org c@d.org' }, ['from']],
  ])('refuses %s', async (_what, values, fields) => {
    expect(await wrongFields(values)).toEqual(fields);
  });

  test('is asked only by an image with Mastodon', async () => {
    const isAsked = async (...names: readonly string[]) => {
      const list = { format: 1, mirrors: [], artifacts: names.map((name) => ({ name })) };
      const device = fakeDevice({ '/usr/lib/hearth/artifacts.json': JSON.stringify(list) });
      const answer = await topic.isAvailable?.(device.look);
      device.remove();
      return answer;
    };
    expect(await isAsked('k3s', 'mastodon', 'mastodon-streaming')).toBe(true);
    expect(await isAsked('k3s')).toBe(false);
    expect(await topic.isAvailable?.(lookAt('/nonexistent'))).toBe(false);
  });
});

describe('what the answers mean', () => {
  test('every provider of the list has a server or asks for it, and TLS', async () => {
    for (const { id, server } of mailProviders) {
      const values = {
        ...gmail,
        provider: id,
        ...(server === undefined ? { server: 'smtp.example.org' } : {}),
      };
      expect(await wrongFields(values), id).toEqual([]);
      const plan = mailPlan(values);
      expect(plan, id).toMatchObject({ how: 'relay', server: server ?? 'smtp.example.org', login });
      expect([465, 587], id).toContain(plan?.how === 'relay' ? plan.port : 0);
    }
  });

  test('a server or port for another provider does not count for the chosen one', () => {
    const left = { ...gmail, server: 'smtp.example.org', port: '25' };
    expect(mailPlan(left)).toMatchObject({ server: 'smtp.gmail.com', port: 587, isWrapped: false });
    expect(mailPlan({ ...other, port: '465' })).toMatchObject({ port: 465, isWrapped: true });
  });

  test('mail of a Mastodon whose owner skipped the question stays on the device', () => {
    expect(mailPlan(undefined)).toEqual({ how: 'local' });
    expect(mailPlan({ how: 'relay', provider: 'other', from: 'a@b.org' })).toBeUndefined();
  });
});
